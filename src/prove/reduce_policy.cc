#include <algorithm>
#include <ranges>

#include "base/check.h"
#include "prove/reduce.h"

namespace ringfence::prove {
namespace {

using model::Condition;

// The decision that is `yes` where the condition holds and `no` elsewhere.
NodeId Reduce(Decisions& all, const Condition& condition, NodeId yes,
              NodeId no) {
  switch (condition.kind) {
    case Condition::Kind::kTest:
      return all.Split(condition.test, yes, no);
    case Condition::Kind::kAll:
      for (const Condition& part : std::views::reverse(condition.of)) {
        yes = Reduce(all, part, yes, no);
      }
      return yes;
    case Condition::Kind::kAny:
      for (const Condition& part : std::views::reverse(condition.of)) {
        no = Reduce(all, part, yes, no);
      }
      return no;
    case Condition::Kind::kNot:
      Check(condition.of.size() == 1, "seccomp: kNot takes one operand");
      return Reduce(all, condition.of.front(), no, yes);
  }
  CheckFailed("seccomp: unknown condition");
}

}  // namespace

std::expected<NodeId, Stop> ReducePolicy(Decisions& all,
                                         const model::SeccompPolicy& policy,
                                         Reading reading,
                                         const Interval& number) {
  const auto leaf = [&](const model::Answer& answer) {
    return all.Leaf(OutcomeOf(answer, reading));
  };
  if (policy.arch == model::kArchX86_64) {
    constexpr uint32_t kBit = model::kX32Bit;
    if (number.first / kBit != number.last / kBit) {
      return std::unexpected(Cut{false, (number.first / kBit + 1) * kBit});
    }
    if ((number.first & kBit) != 0) return leaf(model::kKilled);
  }
  const auto call = std::ranges::lower_bound(policy.calls, number.first, {},
                                             &model::CallPolicy::number);
  if (call == policy.calls.end() || call->number > number.last) {
    return leaf(policy.unlisted);
  }
  if (call->number != number.first) {
    return std::unexpected(Cut{false, call->number});
  }
  if (!number.IsOne()) return std::unexpected(Cut{false, call->number + 1});
  NodeId next = leaf(call->otherwise);
  for (const model::Clause& clause : std::views::reverse(call->clauses)) {
    next = Reduce(all, clause.when, leaf(clause.then), next);
  }
  return next;
}

}  // namespace ringfence::prove
