#include "model/denial.h"

#include <algorithm>

#include "base/check.h"

namespace ringfence::model {
namespace {

uint64_t MaskOf(const RuleTest& test) {
  return test.bits >= 64 ? ~uint64_t{0} : (uint64_t{1} << test.bits) - 1;
}

uint64_t AllOf(const std::vector<uint64_t>& values) {
  uint64_t bits = 0;
  for (const uint64_t value : values) bits |= value;
  return bits;
}

bool InRange(const RuleTest& test, uint64_t seen) {
  Check(test.values.size() == 2, "denial: a range has two ends");
  // Flipping the sign bit makes signed order unsigned.
  const uint64_t mask = MaskOf(test);
  const uint64_t sign = test.is_signed ? mask ^ (mask >> 1) : 0;
  return (seen ^ sign) >= (test.values[0] ^ sign) &&
         (seen ^ sign) <= (test.values[1] ^ sign);
}

}  // namespace

const DeniedCall* Find(const Denials& denials, uint32_t number) {
  const auto at =
      std::ranges::lower_bound(denials.calls, number, {}, &DeniedCall::number);
  return at != denials.calls.end() && at->number == number ? &*at : nullptr;
}

std::optional<uint64_t> Objection(const RuleTest& test,
                                  const std::array<uint64_t, 6>& args) {
  using Op = RuleTest::Op;
  const uint64_t seen = args[test.position] & MaskOf(test);
  const uint64_t bits = AllOf(test.values);
  const bool listed = std::ranges::find(test.values, seen) != test.values.end();
  const auto unless = [](bool holds, uint64_t at_fault) {
    return holds ? std::nullopt : std::optional(at_fault);
  };
  switch (test.op) {
    case Op::kIn:
      return unless(listed, seen);
    case Op::kNotIn:
      return unless(!listed, seen);
    case Op::kRange:
      return unless(InRange(test, seen), seen);
    case Op::kAllOf:
      return unless((seen & bits) == bits, bits & ~seen);
    case Op::kAnyOf:
      return unless((seen & bits) != 0, seen);
    case Op::kNoneOf:
      return unless((seen & bits) == 0, seen & bits);
  }
  CheckFailed("denial: unknown test");
}

bool Holds(const DeniedRule& rule, const std::array<uint64_t, 6>& args) {
  const auto holds = [&](const RuleTest& test) {
    return !Objection(test, args).has_value();
  };
  return std::ranges::all_of(rule.when, holds) &&
         (rule.unless.empty() || !std::ranges::all_of(rule.unless, holds));
}

}  // namespace ringfence::model
