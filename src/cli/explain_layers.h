// `ringfence explain WORKLOAD|LEVEL`: every layer but the system calls.
#pragma once

#include "cli/build.h"
#include "resolve/level.h"

namespace ringfence::cli {

// Prints who a workload is and may run beside, its file system, network,
// limits and end.
void ExplainLayers(const Compiled& compiled);

// The same for a level, which has ceilings in the place of values.
void ExplainLayers(const resolve::ResolvedLevel& level);

}  // namespace ringfence::cli
