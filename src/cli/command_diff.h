// `ringfence diff`: what a change of a policy means.
#pragma once

namespace ringfence::cli {

// `argv[0]` is "diff". Returns the exit code.
[[nodiscard]] int RunDiff(int argc, char** argv);

}  // namespace ringfence::cli
