// Capability names as the kernel's bits.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "compile/error.h"

namespace ringfence::compile {

// The mask of `names` ("CAP_NET_BIND_SERVICE"), bit n for capability n of
// <linux/capability.h>. Fails for a name that it does not know.
[[nodiscard]] std::expected<uint64_t, CompileError> CompileCapabilities(
    const std::vector<std::string>& names);

}  // namespace ringfence::compile
