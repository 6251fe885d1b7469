// `ringfence compile`: a workload or a profile -> files.
#pragma once

namespace ringfence::cli {

// `argv[0]` is "compile".
[[nodiscard]] int RunCompile(int argc, char** argv);

}  // namespace ringfence::cli
