#include "syntax/deployment.h"

#include "syntax/characters.h"
#include "syntax/compose.h"
#include "syntax/kubernetes.h"
#include "syntax/loose.h"
#include "syntax/read.h"

namespace ringfence::syntax {

bool LooksLikeDeployment(std::string_view text) {
  Diagnostics ignored;
  if (!CheckCharacters(text, "", ignored)) return false;
  const std::vector<Node> roots = ReadYamlStream(text, "", ignored);
  if (roots.empty()) return false;
  return Below(roots.front(), {"apiVersion"}) != nullptr ||
         Below(roots.front(), {"services"}) != nullptr;
}

std::optional<Deployment> ReadDeployment(std::string_view text,
                                         std::string_view file,
                                         Diagnostics& diagnostics) {
  const size_t before = diagnostics.size();
  if (!CheckCharacters(text, file, diagnostics)) return std::nullopt;
  const std::vector<Node> roots = ReadYamlStream(text, file, diagnostics);
  if (diagnostics.size() != before || roots.empty()) return std::nullopt;
  const Node* services = Below(roots.front(), {"services"});
  const bool compose = Below(roots.front(), {"apiVersion"}) == nullptr;
  if (compose &&
      (services == nullptr || services->kind != Node::Kind::kMapping)) {
    diagnostics.Add({Code::kUnknownDeployment,
                     "this is neither a Placement, nor a compose file, nor "
                     "Kubernetes manifests",
                     roots.front().span,
                     "",
                     {},
                     "a Placement begins with `kind: Placement`, a compose "
                     "file has `services:`, a manifest `apiVersion:`"});
    return std::nullopt;
  }
  Deployment deployment = compose
                              ? ReadCompose(roots.front(), file, diagnostics)
                              : ReadKubernetes(roots, file, diagnostics);
  if (diagnostics.size() != before) return std::nullopt;
  return deployment;
}

}  // namespace ringfence::syntax
