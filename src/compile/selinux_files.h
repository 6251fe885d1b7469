// The files of the host that the SELinux module of a workload is about.
#pragma once

#include "model/confinement.h"

namespace ringfence::compile {

// Whether the workload writes this tree of the host and the module cannot label
// it, because its path is relative to a file: a comment stands there.
[[nodiscard]] bool IsUnlabelled(const model::ViewEntry& entry);

}  // namespace ringfence::compile
