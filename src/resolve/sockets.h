// ResolveNetwork: the network mode of a workload and the sockets it listens on.
#pragma once

#include <vector>

#include "model/network.h"
#include "model/seccomp.h"
#include "resolve/level.h"
#include "syntax/diagnostic.h"
#include "syntax/document.h"

namespace ringfence::resolve {

// `policies` are the workload's own, with its `deny`: whether a socket may be
// handed over depends on what they deny.
[[nodiscard]] model::Network ResolveNetwork(
    const syntax::Workload& workload, const ResolvedLevel& level,
    const std::vector<model::SeccompPolicy>& policies,
    syntax::Diagnostics& diagnostics);

// True if `condition` is false for every call in which all of `bits` are set
// in argument `arg`, whatever the rest. It may be false for a condition for
// which this holds all the same, never the other way round. [pure]
[[nodiscard]] bool NeverHoldsWithBits(const model::Condition& condition,
                                      uint8_t arg, uint64_t bits);

}  // namespace ringfence::resolve
