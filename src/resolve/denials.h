// ExplainDenials: everything a level can deny -> what is said of it.
//
// What a profile change would have to be follows from how levels inherit
// (level.h): a call is allowed only where every level of the chain allows it,
// so each that does not is an edit of its own.
#pragma once

#include <vector>

#include "model/denial.h"
#include "model/seccomp.h"
#include "resolve/call_set.h"
#include "resolve/chain.h"

namespace ringfence::resolve {

// `policy` is the one of the first architecture that was built from `chain`
// and a workload's own `deny` (empty for a level). Neither may hold errors.
[[nodiscard]] model::Denials ExplainDenials(
    const Chain& chain, const std::vector<syntax::Text>& workload_deny,
    const model::SeccompPolicy& policy, CallSets& sets);

}  // namespace ringfence::resolve
