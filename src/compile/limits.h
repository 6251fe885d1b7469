// The setrlimit(2) part of a workload's limits.
#pragma once

#include <vector>

#include "model/limits.h"

namespace ringfence::compile {

// Sorted by resource. Memory and cpu are not here: RLIMIT_AS breaks programs
// that reserve address space (the JVM), so only a cgroup enforces them.
[[nodiscard]] std::vector<model::ResourceLimit> CompileLimits(
    const model::Limits& limits);

}  // namespace ringfence::compile
