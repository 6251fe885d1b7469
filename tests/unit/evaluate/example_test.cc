// ExampleOf against every combination of values at the edges of the tests.
#include "evaluate/example.h"

#include <gtest/gtest.h>

#include <vector>

namespace ringfence::evaluate {
namespace {

using model::ArgTest;
using model::Condition;
using model::Width;

using Kind = Condition::Kind;

Condition Test(uint8_t arg, Width width, ArgTest::Relation relation,
               uint64_t mask, uint64_t value) {
  return {Kind::kTest, {arg, width, relation, mask, value}, {}};
}

// Shapes that a rule has, on two arguments, with what excludes what.
std::vector<Condition> Shapes() {
  constexpr uint64_t kAll32 = 0xFFFFFFFF;
  constexpr uint64_t kAll64 = ~uint64_t{0};
  constexpr uint64_t kHigh = uint64_t{1} << 32;
  const auto equal = ArgTest::Relation::kEqual;
  const auto at_least = ArgTest::Relation::kAtLeast;
  std::vector<Condition> out;
  for (const uint8_t arg : {uint8_t{0}, uint8_t{1}}) {
    for (const uint64_t value : {uint64_t{0}, uint64_t{1}, kAll32}) {
      out.push_back(Test(arg, Width::kLow32, equal, kAll32, value));
      out.push_back(Test(arg, Width::kLow32, at_least, kAll32, value));
    }
    out.push_back(Test(arg, Width::kLow32, equal, 3, 2));
    out.push_back(Test(arg, Width::kLow32, equal, 3, 0));
    out.push_back(Test(arg, Width::kFull64, equal, kAll64, kHigh));
    out.push_back(Test(arg, Width::kFull64, at_least, kAll64, kHigh + 1));
    out.push_back(Test(arg, Width::kFull64, equal, kHigh | 1, kHigh));
  }
  const size_t tests = out.size();
  for (size_t i = 0; i < tests; ++i) {
    out.push_back({Kind::kNot, {}, {out[i]}});
  }
  return out;
}

bool SomeEdgeHolds(const Condition& condition) {
  static const std::vector<uint64_t> kEdges = [] {
    std::vector<uint64_t> edges;
    for (const uint64_t high : {0u, 1u, 2u, 0xFFFFFFFFu}) {
      for (const uint64_t low :
           {0u, 1u, 2u, 3u, 4u, 5u, 0xFFFFFFFEu, 0xFFFFFFFFu}) {
        edges.push_back(high << 32 | low);
      }
    }
    return edges;
  }();
  for (const uint64_t first : kEdges) {
    for (const uint64_t second : kEdges) {
      if (Holds(condition, {first, second})) return true;
    }
  }
  return false;
}

TEST(ExampleOf, AgreesWithEveryCombinationOfTwoAndThreeTests) {
  const std::vector<Condition> shapes = Shapes();
  size_t empty = 0;
  size_t checked = 0;
  const auto check = [&](std::vector<Condition> of) {
    const Condition all{Kind::kAll, {}, std::move(of)};
    const auto example = ExampleOf(all);
    ASSERT_TRUE(example);
    ++checked;
    if (*example) {
      EXPECT_TRUE(Holds(all, **example));
    } else {
      ++empty;
    }
    EXPECT_EQ(example->has_value(), SomeEdgeHolds(all));
  };
  for (size_t i = 0; i < shapes.size(); ++i) {
    for (size_t j = i; j < shapes.size(); ++j) {
      check({shapes[i], shapes[j]});
      for (size_t k = j; k < shapes.size(); k += 5) {
        check({shapes[i], {Kind::kAny, {}, {shapes[j], shapes[k]}}});
      }
    }
  }
  EXPECT_GT(empty, 100u);
  EXPECT_GT(checked, 4000u);
}

TEST(ExampleOf, KnowsAlwaysAndNever) {
  EXPECT_TRUE(ExampleOf(model::Always()).value());
  EXPECT_FALSE(ExampleOf({Kind::kAny, {}, {}}).value());
}

}  // namespace
}  // namespace ringfence::evaluate
