// Writing the rules of a host as the launcher reads them (admit/policy.h).
//
//   RF_TRY(WritePolicy(directory, policy));
#pragma once

#include <cstddef>
#include <vector>

#include "base/result.h"
#include "model/host.h"

namespace ringfence::host {

// Puts `policy` in the place of the one in `directory`, the host scope's, if
// there is one. The caller is root and in the critical section, or nobody else
// knows the directory yet. Check: it keeps to the limits of model/host.h.
[[nodiscard]] Result<void> WritePolicy(int directory,
                                       const model::HostPolicy& policy);

// The bytes of the file.
[[nodiscard]] std::vector<std::byte> EncodePolicy(
    const model::HostPolicy& policy);

}  // namespace ringfence::host
