#include "oci/argument.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/check.h"

namespace ringfence::oci {
namespace {

using model::ArgTest;
using model::Condition;
using Op = Argument::Op;
using Kind = Condition::Kind;

constexpr uint64_t kMost = ~uint64_t{0};

Condition Equal(uint8_t arg, uint64_t mask, uint64_t value) {
  return {Kind::kTest,
          {arg, model::Width::kFull64, ArgTest::Relation::kEqual, mask, value},
          {}};
}

Condition AtLeast(uint8_t arg, uint64_t value) {
  return {
      Kind::kTest,
      {arg, model::Width::kFull64, ArgTest::Relation::kAtLeast, kMost, value},
      {}};
}

Condition Above(uint8_t arg, uint64_t value) {
  if (value == kMost) return {Kind::kAny, {}, {}};  // never
  return AtLeast(arg, value + 1);
}

Condition Not(Condition condition) {
  return {Kind::kNot, {}, {std::move(condition)}};
}

// The values that pass, where they are one interval.
struct Interval {
  uint64_t first = 1;
  uint64_t last = 0;  // below `first`: none
};

std::optional<Interval> IntervalOf(const Argument& argument) {
  const uint64_t value = argument.value;
  constexpr Interval kNone;
  switch (argument.op) {
    case Op::kEq:
      return Interval{value, value};
    case Op::kLt:
      return value == 0 ? kNone : Interval{0, value - 1};
    case Op::kLe:
      return Interval{0, value};
    case Op::kGe:
      return Interval{value, kMost};
    case Op::kGt:
      return value == kMost ? kNone : Interval{value + 1, kMost};
    case Op::kMaskedEq:
      if (value == kMost) return Interval{argument.value2, argument.value2};
      if (value == 0) return Interval{0, kMost};
      return std::nullopt;
    case Op::kNe:
      return std::nullopt;
  }
  CheckFailed("oci: unknown operator");
}

// The smallest number from `least` on whose bits of `mask` are `value`.
std::optional<uint64_t> SmallestMasked(uint64_t mask, uint64_t value,
                                       uint64_t least) {
  if ((least & mask) == value) return least;
  // It is `least` down to some bit, has 1 where `least` has 0 there, and is as
  // small as possible below: the lowest such bit gives the smallest number.
  for (unsigned bit = 0; bit < 64; ++bit) {
    const uint64_t here = uint64_t{1} << bit;
    const uint64_t above = ~(here | (here - 1));
    if ((least & here) != 0) continue;
    const uint64_t number = (least & above) | here | (value & (here - 1));
    if ((number & mask) == value) return number;
  }
  return std::nullopt;
}

bool MissesMasked(const Interval& interval, const Argument& masked) {
  const auto smallest = SmallestMasked(
      masked.value, masked.value2 & masked.value, interval.first);
  return !smallest || *smallest > interval.last;
}

}  // namespace

Op OpOf(std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, Op>, 7> kOps{
      {{"SCMP_CMP_EQ", Op::kEq},
       {"SCMP_CMP_NE", Op::kNe},
       {"SCMP_CMP_LT", Op::kLt},
       {"SCMP_CMP_LE", Op::kLe},
       {"SCMP_CMP_GE", Op::kGe},
       {"SCMP_CMP_GT", Op::kGt},
       {"SCMP_CMP_MASKED_EQ", Op::kMaskedEq}}};
  const auto* at =
      std::ranges::find(kOps, word, &std::pair<std::string_view, Op>::first);
  Check(at != kOps.end(), "oci: unknown operator");
  return at->second;
}

Condition ToCondition(const Argument& argument) {
  const uint8_t arg = argument.index;
  const uint64_t value = argument.value;
  switch (argument.op) {
    case Op::kEq:
      return Equal(arg, kMost, value);
    case Op::kNe:
      return Not(Equal(arg, kMost, value));
    case Op::kLt:
      return Not(AtLeast(arg, value));
    case Op::kLe:
      return Not(Above(arg, value));
    case Op::kGe:
      return AtLeast(arg, value);
    case Op::kGt:
      return Above(arg, value);
    case Op::kMaskedEq:
      return Equal(arg, value, argument.value2 & value);
  }
  CheckFailed("oci: unknown operator");
}

bool AreDisjoint(const Argument& one, const Argument& other) {
  const std::optional<Interval> a = IntervalOf(one);
  const std::optional<Interval> b = IntervalOf(other);
  if (a && b) return std::max(a->first, b->first) > std::min(a->last, b->last);
  if (!a && b) return AreDisjoint(other, one);
  if (a) {
    if (a->first > a->last) return true;
    if (other.op == Op::kMaskedEq) return MissesMasked(*a, other);
    return a->first == a->last && a->first == other.value;
  }
  if (one.op == Op::kNe || other.op == Op::kNe) return false;
  return ((one.value2 ^ other.value2) & one.value & other.value) != 0;
}

}  // namespace ringfence::oci
