#include "model/seccomp.h"

#include <gtest/gtest.h>

namespace ringfence::model {
namespace {

constexpr Answer kDenied{Action::kExplain, 1};
constexpr Answer kMissing{Action::kQuiet, 38};

using Args = std::array<uint64_t, 6>;

Condition Of(const ArgTest& test) { return {Condition::Kind::kTest, test, {}}; }

Condition Group(Condition::Kind kind, std::vector<Condition> of) {
  return {kind, {}, std::move(of)};
}

const Condition kTrue = Always();
const Condition kFalse = Group(Condition::Kind::kAny, {});

SeccompPolicy Sample() {
  return {.arch = kArchX86_64,
          .calls = {{.number = 1, .otherwise = kAllowed},
                    {.number = 41,
                     .clauses =
                         {{Of({.mask = 0xFFFFFFFF, .value = 1}), kAllowed, {}}},
                     .otherwise = kDenied},
                    {.number = 60, .otherwise = kKilled}},
          .unlisted = kMissing};
}

Answer Ask(uint32_t number, const Args& args = {}) {
  return Meaning(Sample(), {.number = number, .args = args});
}

TEST(Holds, EmptyGroups) {
  EXPECT_TRUE(Holds(kTrue, {}));
  EXPECT_FALSE(Holds(kFalse, {}));
}

TEST(Holds, TruthTables) {
  using Kind = Condition::Kind;
  for (const bool a : {false, true}) {
    EXPECT_EQ(Holds(Group(Kind::kNot, {a ? kTrue : kFalse}), {}), !a);
    for (const bool b : {false, true}) {
      const std::vector<Condition> both = {a ? kTrue : kFalse,
                                           b ? kTrue : kFalse};
      EXPECT_EQ(Holds(Group(Kind::kAll, both), {}), a && b);
      EXPECT_EQ(Holds(Group(Kind::kAny, both), {}), a || b);
    }
  }
}

TEST(Holds, Low32_IgnoresTheHighHalf) {
  const Condition equal = Of({.mask = 0xFFFFFFFF, .value = 40});
  const Condition at_least =
      Of({.relation = ArgTest::Relation::kAtLeast, .value = 40});
  for (const uint64_t high :
       {uint64_t{0}, uint64_t{1} << 32, uint64_t{0xFFFFFFFF} << 32}) {
    EXPECT_TRUE(Holds(equal, {40 | high}));
    EXPECT_FALSE(Holds(equal, {41 | high}));
    EXPECT_TRUE(Holds(at_least, {40 | high}));
    EXPECT_FALSE(Holds(at_least, {39 | high}));
  }
}

TEST(Holds, Full64_SeesTheHighHalf) {
  const Condition equal = Of({.width = Width::kFull64, .value = 40});
  EXPECT_TRUE(Holds(equal, {40}));
  EXPECT_FALSE(Holds(equal, {40 | uint64_t{1} << 32}));
  const Condition at_least = Of({.width = Width::kFull64,
                                 .relation = ArgTest::Relation::kAtLeast,
                                 .value = uint64_t{1} << 32});
  EXPECT_TRUE(Holds(at_least, {uint64_t{1} << 63}));
  EXPECT_FALSE(Holds(at_least, {0xFFFFFFFF}));
}

TEST(Holds, Mask_LooksAtItsBitsOnly) {
  const Condition none = Of({.mask = 0x10020000, .value = 0});
  EXPECT_TRUE(Holds(none, {0xEFFDFFFF}));
  EXPECT_FALSE(Holds(none, {0x10000000}));
  EXPECT_FALSE(Holds(none, {0x00020011}));
}

TEST(Holds, EachArgument_ByItsIndex) {
  for (uint8_t arg = 0; arg < 6; ++arg) {
    Args args{};
    args[arg] = 7;
    EXPECT_TRUE(Holds(Of({.arg = arg, .mask = 0xFFFFFFFF, .value = 7}), args));
    EXPECT_FALSE(Holds(Of({.arg = arg, .mask = 0xFFFFFFFF, .value = 7}), {}));
  }
}

TEST(Meaning, AnswersListedCalls) {
  EXPECT_EQ(Ask(1), kAllowed);
  EXPECT_EQ(Ask(41, {1}), kAllowed);
  EXPECT_EQ(Ask(41, {2}), kDenied);
  EXPECT_EQ(Ask(60), kKilled);
}

TEST(Meaning, UnlistedNumber_IsMissing) {
  for (const uint32_t number : {0u, 2u, 40u, 42u, 0x3FFFFFFFu, 0x80000001u}) {
    EXPECT_EQ(Ask(number), kMissing) << number;
  }
}

TEST(Meaning, X32Number_IsKilled) {
  for (const uint32_t number :
       {0x40000000u, 0x40000001u, 0x7FFFFFFFu, 0xC0000000u, 0xFFFFFFFFu}) {
    EXPECT_EQ(Ask(number), kKilled) << number;
  }
}

TEST(Meaning, Bit30OnAarch64_IsAnUnlistedNumber) {
  SeccompPolicy policy = Sample();
  policy.arch = kArchAarch64;
  EXPECT_EQ(Meaning(policy, {.number = 0x40000001, .arch = kArchAarch64}),
            kMissing);
  EXPECT_EQ(Meaning(policy, {.number = 1, .arch = kArchAarch64}), kAllowed);
}

TEST(Meaning, AnotherArchitecture_IsKilled) {
  EXPECT_EQ(Meaning(Sample(), {.number = 1, .arch = kArchAarch64}), kKilled);
  EXPECT_EQ(Meaning(Sample(), {.number = 1, .arch = 0x40000003}), kKilled);
  EXPECT_EQ(Meaning(Sample(), {.number = 1, .arch = 0}), kKilled);
}

TEST(Find, KnowsOnlyListedNumbers) {
  const SeccompPolicy policy = Sample();
  EXPECT_EQ(Find(policy, 41), &policy.calls[1]);
  for (const uint32_t number : {0u, 2u, 40u, 59u, 61u, ~0u}) {
    EXPECT_EQ(Find(policy, number), nullptr) << number;
  }
}

}  // namespace
}  // namespace ringfence::model
