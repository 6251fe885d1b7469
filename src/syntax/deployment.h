// What a compose file or Kubernetes manifests say about placement.
//
//   auto deployment = ReadDeployment(text, "compose.yaml", diagnostics);
//
// Pure. These are other people's formats: a key that Ringfence has no use for
// is no error, and what bears on placement and is not considered is said.
// Levels are labels: `ringfence.level`, and `ringfence.tenant`. Anchors,
// aliases and tags are refused as everywhere; `docker compose config` and
// `kubectl kustomize` write files without them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "syntax/diagnostic.h"
#include "syntax/document.h"

namespace ringfence::syntax {

inline constexpr std::string_view kLevelLabel = "ringfence.level";
inline constexpr std::string_view kTenantLabel = "ringfence.tenant";

// `key: value` of a nodeSelector, or of the labels of a node.
struct Label {
  std::string key;
  std::string value;
  bool operator==(const Label&) const = default;
};

struct Service {
  Text name;
  std::string what;  // "service", "Deployment"
  std::optional<Text> level;
  std::optional<Text> tenant;
  std::vector<Label> selector;  // nodes that it may run on have all of these
  std::vector<Text> reads;      // absolute host paths that it is shown
  bool operator==(const Service&) const = default;
};

struct HostNode {
  Text name;
  std::vector<Label> labels;
  bool operator==(const HostNode&) const = default;
};

struct Deployment {
  enum class Format { kCompose, kKubernetes };
  Format format = Format::kCompose;
  std::vector<Service> services;
  std::vector<HostNode> nodes;  // Kubernetes: those in the file, if any
  // What bears on placement and was left out, each with its place.
  std::vector<Note> not_considered;
  bool operator==(const Deployment&) const = default;
};

// Whether `text` is meant to be one, rather than a file of our own language.
[[nodiscard]] bool LooksLikeDeployment(std::string_view text);

// nullopt: with every error that was found.
[[nodiscard]] std::optional<Deployment> ReadDeployment(
    std::string_view text, std::string_view file, Diagnostics& diagnostics);

}  // namespace ringfence::syntax
