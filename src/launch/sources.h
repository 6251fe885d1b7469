// What the host has behind each entry of a workload's view.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "launch/plan.h"
#include "launch/refusal.h"

namespace ringfence::launch {

// Looks at the host path of every bind, in the order of `bundle.view`; other
// entries get an empty HostSource. A relative path is taken from `base` (an
// absolute directory). Directories that the workload wants made are made.
//
// Refused: what is missing (123); a socket, FIFO or device, because a
// read-only bind does not stop a connect to it; anything that really lies
// below the host's /run, /tmp, /dev, /proc or /sys, whatever links lead there
// and under whatever other name it is mounted; a tree with such a mount in it;
// a path that goes through a link in what the workload itself may write.
// Entries that may be absent and the launcher's own defaults are held to the
// same rules.
[[nodiscard]] std::expected<std::vector<HostSource>, Refusal> FindSources(
    const bundle::Bundle& bundle, const std::string& base);

}  // namespace ringfence::launch
