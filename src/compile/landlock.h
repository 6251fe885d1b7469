// The Landlock ruleset of a workload: exactly its view, as kernel rights.
#pragma once

#include <vector>

#include "model/confinement.h"
#include "model/landlock.h"

namespace ringfence::compile {

// `view` is CompileMounts' result. Nothing but its entries may be opened; the
// root directory itself is in no rule, so listing it is what the launcher
// tries in order to see that the ruleset bites.
//
// With sockets of the host's network in the workload's hands (handover `fds`
// and `nginx`) TCP bind and connect are denied, and where nothing else keeps
// such a socket from connecting, the required ABI becomes 4.
[[nodiscard]] model::landlock::Ruleset CompileLandlock(
    const model::Confinement& confinement,
    const std::vector<model::ViewEntry>& view);

}  // namespace ringfence::compile
