// Resolved values as lines of text, for golden tests.
#pragma once

#include <string>

#include "model/confinement.h"
#include "resolve/level.h"

namespace ringfence::resolve {

[[nodiscard]] std::string Dump(const model::Confinement& confinement);
[[nodiscard]] std::string Dump(const ResolvedLevel& level);

}  // namespace ringfence::resolve
