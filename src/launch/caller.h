// Whether the caller may launch at all.
#pragma once

#include <expected>

#include "launch/refusal.h"
#include "sys/user.h"

namespace ringfence::launch {

// Refuses root, and a caller in a group with power over the host: a single-id
// map cannot drop supplementary groups, so the workload would keep them.
[[nodiscard]] std::expected<sys::Caller, Refusal> CheckCaller();

}  // namespace ringfence::launch
