// The layers of a level, a workload or a bundle, for comparison.
#pragma once

#include "bundle/bundle.h"
#include "cli/build.h"
#include "prove/layers.h"
#include "resolve/level.h"

namespace ringfence::cli {

// A level's ceilings.
[[nodiscard]] prove::Layers LayersOf(const resolve::ResolvedLevel& level);
// A workload's values; those of its bundle are equal.
[[nodiscard]] prove::Layers LayersOf(const Compiled& arranged);
[[nodiscard]] prove::Layers LayersOf(const bundle::Bundle& bundle);

// What of a workload its level bounds by numbers and sets.
[[nodiscard]] prove::Layers BoundsOf(const resolve::ResolvedLevel& level);
[[nodiscard]] prove::Layers BoundsOf(const Compiled& arranged);

}  // namespace ringfence::cli
