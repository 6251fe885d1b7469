#include "model/seccomp.h"

#include <algorithm>

#include "base/check.h"

namespace ringfence::model {
namespace {

bool HoldsTest(const ArgTest& test, const std::array<uint64_t, 6>& args) {
  Check(test.arg < args.size(), "seccomp: argument index out of range");
  const uint64_t seen = test.width == Width::kLow32
                            ? args[test.arg] & 0xFFFFFFFFu
                            : args[test.arg];
  switch (test.relation) {
    case ArgTest::Relation::kEqual:
      return (seen & test.mask) == test.value;
    case ArgTest::Relation::kAtLeast:
      return seen >= test.value;
  }
  CheckFailed("seccomp: unknown relation");
}

}  // namespace

bool Holds(const Condition& condition, const std::array<uint64_t, 6>& args) {
  const auto holds = [&](const Condition& c) { return Holds(c, args); };
  switch (condition.kind) {
    case Condition::Kind::kTest:
      return HoldsTest(condition.test, args);
    case Condition::Kind::kAll:
      return std::ranges::all_of(condition.of, holds);
    case Condition::Kind::kAny:
      return std::ranges::any_of(condition.of, holds);
    case Condition::Kind::kNot:
      Check(condition.of.size() == 1, "seccomp: kNot takes one operand");
      return !Holds(condition.of.front(), args);
  }
  CheckFailed("seccomp: unknown condition");
}

const Clause* FindClause(const CallPolicy& call,
                         const std::array<uint64_t, 6>& args) {
  const auto at = std::ranges::find_if(call.clauses, [&](const Clause& clause) {
    return Holds(clause.when, args);
  });
  return at != call.clauses.end() ? &*at : nullptr;
}

bool MayPass(const CallPolicy& call) {
  return LetsPass(call.otherwise.action) ||
         std::ranges::any_of(call.clauses, [](const Clause& clause) {
           return LetsPass(clause.then.action);
         });
}

const CallPolicy* Find(const SeccompPolicy& policy, uint32_t number) {
  const auto at =
      std::ranges::lower_bound(policy.calls, number, {}, &CallPolicy::number);
  return at != policy.calls.end() && at->number == number ? &*at : nullptr;
}

Answer Meaning(const SeccompPolicy& policy, const Call& call) {
  if (call.arch != policy.arch) return kKilled;
  if (policy.arch == kArchX86_64 && (call.number & kX32Bit) != 0) {
    return kKilled;
  }
  const CallPolicy* rule = Find(policy, call.number);
  if (rule == nullptr) return policy.unlisted;
  const Clause* clause = FindClause(*rule, call.args);
  return clause != nullptr ? clause->then : rule->otherwise;
}

}  // namespace ringfence::model
