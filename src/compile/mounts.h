// The order in which a workload's view is built.
#pragma once

#include <expected>
#include <vector>

#include "compile/error.h"
#include "model/confinement.h"

namespace ringfence::compile {

// The view in mount order: parents before what lies in them, with every
// directory that has to be made spelled out as an entry of its own. Fails
// where two entries claim one path, or one lies below a file or a link.
[[nodiscard]] std::expected<std::vector<model::ViewEntry>, CompileError>
CompileMounts(const model::Confinement& confinement);

}  // namespace ringfence::compile
