#include "check/subject.h"

namespace ringfence::check {

model::Source SourceOf(const std::vector<model::SeccompPolicy>& policies,
                       const model::Call& call) {
  for (const model::SeccompPolicy& policy : policies) {
    if (policy.arch != call.arch) continue;
    const model::CallPolicy* rule = model::Find(policy, call.number);
    if (rule == nullptr) return {};
    const model::Clause* clause = model::FindClause(*rule, call.args);
    return clause != nullptr && clause->source.line != 0 ? clause->source
                                                         : rule->source;
  }
  return {};
}

}  // namespace ringfence::check
