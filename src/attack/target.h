// The target: what stands outside for techniques to reach. All of it is the
// caller's own, so that nothing but the sandbox is in the way.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "attack/technique.h"

namespace ringfence::attack {

// Makes everything, prints it on standard output as one line KEY=VALUE each,
// and takes it away again when standard input ends. An exit code.
[[nodiscard]] int BeTarget();

// From such lines as arguments. Nothing: one of them makes no sense.
[[nodiscard]] std::optional<Target> ParseTarget(std::span<char*> lines);

}  // namespace ringfence::attack
