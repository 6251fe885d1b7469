// `ringfence stop`: end a workload in good order.
#pragma once

namespace ringfence::cli {

// `argv[0]` is "stop". Returns the exit code.
[[nodiscard]] int RunStop(int argc, char** argv);

}  // namespace ringfence::cli
