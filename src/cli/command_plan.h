// `ringfence plan`: which workloads would meet, and how to keep them apart.
#pragma once

namespace ringfence::cli {

// `argv[0]` is "plan". Returns the exit code.
[[nodiscard]] int RunPlan(int argc, char** argv);

}  // namespace ringfence::cli
