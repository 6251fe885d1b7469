#include "cli/complain.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace ringfence::cli {

namespace {

syntax::Colour ColourOf(int stream) {
  const bool colour =
      ::isatty(stream) == 1 && std::getenv("NO_COLOR") == nullptr;
  return colour ? syntax::Colour::kOn : syntax::Colour::kOff;
}

}  // namespace

syntax::Colour ErrorColour() { return ColourOf(STDERR_FILENO); }
syntax::Colour OutputColour() { return ColourOf(STDOUT_FILENO); }

int Complain(const Build& build) {
  std::fputs(build.Problems(ErrorColour()).c_str(), stderr);
  return build.ExitCode();
}

void Warn(const Build& build) {
  std::fputs(build.Warnings(ErrorColour()).c_str(), stderr);
}

}  // namespace ringfence::cli
