#include "cli/standard_output.h"

#include <cstdio>
#include <exception>

namespace ringfence::cli {
namespace {

constexpr int kFailed = 125;

}  // namespace

int RunWhole(CommandMain command, int argc, char** argv) {
  try {
    return FinishOutput(command(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ringfence: %s\n", error.what());
    return kFailed;
  }
}

int FinishOutput(int code) {
  const bool whole = std::ferror(stdout) == 0;
  if (std::fflush(stdout) == 0 && whole) return code;
  // Which error it was is known to nobody once something else was printed.
  std::fputs("ringfence: cannot write to standard output\n", stderr);
  return kFailed;
}

}  // namespace ringfence::cli
