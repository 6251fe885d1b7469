// Kubernetes manifests: pods, and what makes pods.
#pragma once

#include <vector>

#include "syntax/deployment.h"
#include "syntax/node.h"

namespace ringfence::syntax {

// `roots`: the documents of one file, each a mapping. Errors go to
// `diagnostics`.
[[nodiscard]] Deployment ReadKubernetes(const std::vector<Node>& roots,
                                        std::string_view file,
                                        Diagnostics& diagnostics);

}  // namespace ringfence::syntax
