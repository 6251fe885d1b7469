// Init: process 1 of a sandbox.
//
// It builds the sandbox around itself, starts the workload, reaps, and ends
// everything when the workload or the supervisor ends. It holds the ledger's
// claim as long as it lives, so it ends last: it kills all, reaps until nobody
// is left, and only then exits. (An init that simply dies frees the claim
// before the kernel has killed the rest of its namespace.)
#pragma once

#include "launch/prepared.h"

namespace ringfence::launch {

// Runs in the child of Fork. [after-fork safe]
[[noreturn]] void RunInit(const Prepared& prepared) noexcept;

}  // namespace ringfence::launch
