// How a command of ringfence-policy says that its input is bad.
#pragma once

#include "cli/build.h"

namespace ringfence::cli {

// Exit codes of the commands that judge files: 2 for bad usage; Build::ExitCode
// for bad input.
inline constexpr int kBadUsage = 2;

// Coloured on a terminal unless NO_COLOR is set; of standard error and of
// standard output.
[[nodiscard]] syntax::Colour ErrorColour();
[[nodiscard]] syntax::Colour OutputColour();

// Prints every problem to standard error and returns the exit code.
[[nodiscard]] int Complain(const Build& build);

// Prints the gaps that the level leaves, if there are any.
void Warn(const Build& build);

}  // namespace ringfence::cli
