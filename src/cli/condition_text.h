// A condition over the arguments of a call, for people: "family is AF_UNIX or
// AF_INET, and flags has no MSG_FASTOPEN".
#pragma once

#include <cstdint>
#include <string>

#include "model/seccomp.h"

namespace ringfence::cli {

[[nodiscard]] std::string ConditionText(uint32_t arch, uint32_t number,
                                        const model::Condition& condition);

}  // namespace ringfence::cli
