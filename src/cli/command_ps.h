// `ringfence ps`: which workloads run here, and since when.
#pragma once

namespace ringfence::cli {

// `argv[0]` is "ps". Returns the exit code.
[[nodiscard]] int RunPs(int argc, char** argv);

}  // namespace ringfence::cli
