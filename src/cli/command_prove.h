// `ringfence prove`: what is claimed of a profile, proved.
#pragma once

namespace ringfence::cli {

// `argv[0]` is "prove". Returns the exit code.
[[nodiscard]] int RunProve(int argc, char** argv);

}  // namespace ringfence::cli
