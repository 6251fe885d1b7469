#include "cli/complain.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace ringfence::cli {

syntax::Colour ErrorColour() {
  const bool colour =
      ::isatty(STDERR_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  return colour ? syntax::Colour::kOn : syntax::Colour::kOff;
}

int Complain(const Build& build) {
  std::fputs(build.Problems(ErrorColour()).c_str(), stderr);
  return build.ExitCode();
}

void Warn(const Build& build) {
  std::fputs(build.Warnings(ErrorColour()).c_str(), stderr);
}

}  // namespace ringfence::cli
