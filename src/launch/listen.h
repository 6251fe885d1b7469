// The listening sockets of a workload, bound outside its network namespace.
#pragma once

#include <expected>
#include <vector>

#include "base/unique_fd.h"
#include "launch/refusal.h"
#include "model/network.h"

namespace ringfence::launch {

// One listening, close-on-exec socket for each entry, in its order. A taken
// or unavailable address is a refusal with kMissing.
[[nodiscard]] std::expected<std::vector<UniqueFd>, Refusal> BindListeners(
    const std::vector<model::Listen>& listen);

}  // namespace ringfence::launch
