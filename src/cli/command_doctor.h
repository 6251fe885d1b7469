// `ringfence doctor`: what this host can enforce, what is missing, the remedy.
#pragma once

namespace ringfence::cli {

// `argv[0]` is "doctor". Returns the exit code.
[[nodiscard]] int RunDoctor(int argc, char** argv);

}  // namespace ringfence::cli
