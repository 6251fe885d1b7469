// `ringfence explain WORKLOAD|LEVEL PATH`: what a workload finds at a path.
#pragma once

#include <string>

#include "cli/build.h"
#include "resolve/level.h"

namespace ringfence::cli {

// Prints whether the path is in the workload's view, what may be done there,
// and if not, the lines that would show it or the ceiling that forbids it.
void ExplainPath(const Compiled& compiled, const resolve::ResolvedLevel& level,
                 const std::string& path);

// The same for a level, which has ceilings and no view.
void ExplainPath(const resolve::ResolvedLevel& level, const std::string& path);

}  // namespace ringfence::cli
