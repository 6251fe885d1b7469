// FindGaps: what a level restricts and leaves open by another way.
//
// Each gap is a warning (RF10xx): the level compiles, and does what it says,
// but probably not what was meant.
#pragma once

#include "model/seccomp.h"
#include "resolve/seccomp.h"
#include "syntax/diagnostic.h"

namespace ringfence::resolve {

// `policy` is that of one architecture of `calls`. A gap that was reported
// before, for another architecture, is not reported again.
void FindGaps(const LevelCalls& calls, const model::SeccompPolicy& policy,
              syntax::Diagnostics& warnings);

}  // namespace ringfence::resolve
