#include "oci/argument.h"

#include <gtest/gtest.h>

#include <vector>

#include "../../differential/random_policy.h"

namespace ringfence::oci {
namespace {

using Op = Argument::Op;

// The definition of the operators, as the runtime specification words it.
bool Passes(const Argument& argument, uint64_t seen) {
  switch (argument.op) {
    case Op::kEq:
      return seen == argument.value;
    case Op::kNe:
      return seen != argument.value;
    case Op::kLt:
      return seen < argument.value;
    case Op::kLe:
      return seen <= argument.value;
    case Op::kGe:
      return seen >= argument.value;
    case Op::kGt:
      return seen > argument.value;
    case Op::kMaskedEq:
      return (seen & argument.value) == (argument.value2 & argument.value);
  }
  return false;
}

constexpr Op kOps[] = {Op::kEq, Op::kNe, Op::kLt,      Op::kLe,
                       Op::kGe, Op::kGt, Op::kMaskedEq};

std::vector<uint64_t> Probes() {
  std::vector<uint64_t> probes;
  for (const uint64_t border : kBorders) {
    for (const uint64_t near : {border - 1, border, border + 1}) {
      probes.push_back(near);
    }
  }
  return probes;
}

TEST(ToCondition, HasTheMeaningOfEveryOperator_OnAll64Bits) {
  for (const Op op : kOps) {
    for (const uint64_t value : kBorders) {
      for (const uint64_t second : {value, uint64_t{0}, ~uint64_t{0}}) {
        const Argument argument{2, op, value, second};
        const model::Condition condition = ToCondition(argument);
        for (const uint64_t seen : Probes()) {
          EXPECT_EQ(model::Holds(condition, {7, 7, seen, 7}),
                    Passes(argument, seen))
              << static_cast<int>(op) << " " << std::hex << value << " "
              << seen;
        }
      }
    }
  }
}

// On bytes spread over the 64 bits, so that every value can be tried.
uint64_t Spread(unsigned byte) {
  return uint64_t{byte >> 4} << 60 | uint64_t{byte >> 2 & 3} << 31 | (byte & 3);
}

TEST(AreDisjoint, IsTrueOnlyWhereNoValuePassesBoth) {
  RandomPolicy random(20260531);
  const auto argument = [&] {
    return Argument{0, kOps[random.Below(std::size(kOps))],
                    Spread(static_cast<unsigned>(random.Below(256))),
                    Spread(static_cast<unsigned>(random.Below(256)))};
  };
  size_t disjoint = 0;
  for (int round = 0; round < 3'000; ++round) {
    const Argument one = argument();
    const Argument other = argument();
    bool meet = false;
    for (unsigned byte = 0; byte < 256; ++byte) {
      // Between the spread bits there are others, which no mask tests.
      for (const uint64_t gap : {uint64_t{0}, uint64_t{4}, uint64_t{1} << 33,
                                 uint64_t{4} | uint64_t{1} << 33}) {
        const uint64_t near = Spread(byte) | gap;
        for (const uint64_t seen : {near, near - 1, near + 1}) {
          meet |= Passes(one, seen) && Passes(other, seen);
        }
      }
    }
    ASSERT_EQ(AreDisjoint(one, other), !meet) << round;
    disjoint += !meet;
  }
  EXPECT_GT(disjoint, 300u);
}

}  // namespace
}  // namespace ringfence::oci
