#include "cli/complain.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace ringfence::cli {

int Complain(const Build& build) {
  const bool colour =
      ::isatty(STDERR_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  const std::string problems =
      build.Problems(colour ? syntax::Colour::kOn : syntax::Colour::kOff);
  std::fputs(problems.c_str(), stderr);
  return build.ExitCode();
}

}  // namespace ringfence::cli
