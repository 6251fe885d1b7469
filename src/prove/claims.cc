#include "prove/claims.h"

#include "bpf/program.h"

namespace ringfence::prove {
namespace {

Judgement Judge(Prover& prover, const Subject& first, const Subject& second,
                Relation relation, const Interval& archs = {}) {
  auto found = prover.Compare(first, second, relation, Search::kFirst, archs);
  if (!found) return std::move(found.error());
  if (found->empty()) return Proved{};
  return found->front();
}

}  // namespace

Judgement ProveFilter(Prover& prover, const model::SeccompPolicy& policy,
                      std::span<const bpf::Instruction> code) {
  if (const auto accepted = bpf::Accepts(code); !accepted) {
    return Undecided{std::string("the kernel would refuse the filter: ") +
                     accepted.error().why};
  }
  return Judge(prover, Subject::Policy(policy, Reading::kReturned),
               Subject::One(code), Relation::kEqual);
}

Judgement ProveInside(Prover& prover,
                      const std::vector<model::SeccompPolicy>& inner,
                      const std::vector<model::SeccompPolicy>& outer) {
  return Judge(prover, Subject::Policies(inner, Reading::kSeen),
               Subject::Policies(outer, Reading::kSeen), Relation::kInside);
}

Judgement ProveNever(Prover& prover, const model::SeccompPolicy& policy,
                     uint32_t number, const model::Condition& when) {
  return Judge(prover, Subject::Policy(policy, Reading::kSeen),
               Subject::AllBut(policy.arch, number, when), Relation::kInside,
               {policy.arch, policy.arch});
}

}  // namespace ringfence::prove
