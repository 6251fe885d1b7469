// Who still uses a ledger, asked in its critical section.
#pragma once

#include <string>
#include <vector>

#include "admit/refusal.h"

namespace ringfence::host {

// One line for each workload that is not dead in the ledger, and one for locks
// that no record explains. Empty: nobody. The caller is in the critical
// section.
[[nodiscard]] std::vector<std::string> Occupants(const admit::Files& files);

// The same for every user-scope ledger below `run`, each in its own critical
// section; a ledger that cannot be looked into counts as occupied.
[[nodiscard]] std::vector<std::string> UserScopeOccupants(
    int run, const std::string& run_path);

}  // namespace ringfence::host
