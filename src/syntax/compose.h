// A compose file: https://github.com/compose-spec/compose-spec
#pragma once

#include "syntax/deployment.h"
#include "syntax/node.h"

namespace ringfence::syntax {

// `root` has a mapping `services`. Errors go to `diagnostics`.
[[nodiscard]] Deployment ReadCompose(const Node& root, std::string_view file,
                                     Diagnostics& diagnostics);

}  // namespace ringfence::syntax
