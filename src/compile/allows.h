// Which calls a filter lets through, for backends that say the same in the
// words of a security module.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "model/seccomp.h"

namespace ringfence::compile {

// nullptr: the policy does not name the call.
[[nodiscard]] const model::CallPolicy* FindCall(
    const model::SeccompPolicy& policy, std::string_view name);

// Whether the call with these arguments is allowed.
[[nodiscard]] bool Allows(const model::SeccompPolicy& policy,
                          std::string_view name,
                          const std::array<uint64_t, 6>& args = {});

}  // namespace ringfence::compile
