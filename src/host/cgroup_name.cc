#include "host/cgroup_name.h"

#include <algorithm>
#include <vector>

namespace ringfence::host {
namespace {

using Kind = CgroupName::Kind;

std::vector<std::string_view> Components(std::string_view path) {
  std::vector<std::string_view> components;
  while (!path.empty()) {
    const size_t end = std::min(path.find('/'), path.size());
    if (end != 0) components.push_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return components;
}

// An id as container engines make them.
bool IsId(std::string_view text) {
  return text.size() >= 32 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

CgroupName Container(std::string_view runtime, std::string_view name) {
  return {Kind::kContainer, std::string(runtime),
          std::string(IsId(name) ? name.substr(0, 12) : name)};
}

struct Scope {
  std::string_view prefix;  // of a scope's name, or of a plain directory's
  std::string_view runtime;
};
constexpr Scope kScopes[] = {{"docker-", "docker"},
                             {"libpod-", "podman"},
                             {"cri-containerd-", "containerd"},
                             {"crio-", "cri-o"},
                             {"crun-", "crun"},
                             {"runc-", "runc"},
                             {"machine-", "systemd-nspawn"}};
// Processes of an engine that watch a container from outside.
constexpr std::string_view kMonitors[] = {"libpod-conmon-", "crio-conmon-"};

std::optional<CgroupName> OfScope(std::string_view component) {
  const bool scope = component.ends_with(".scope");
  if (scope) component.remove_suffix(6);
  for (const std::string_view monitor : kMonitors) {
    if (component.starts_with(monitor)) return std::nullopt;
  }
  for (const auto& [prefix, runtime] : kScopes) {
    if (!component.starts_with(prefix)) continue;
    const std::string_view name = component.substr(prefix.size());
    if (scope || IsId(name)) return Container(runtime, name);
  }
  return std::nullopt;
}

std::optional<CgroupName> OfPair(std::string_view parent,
                                 std::string_view child) {
  if (parent == "docker" && IsId(child)) return Container("docker", child);
  if (parent == "lxc") return Container("lxc", child);
  return std::nullopt;
}

std::optional<CgroupName> OfContainer(
    const std::vector<std::string_view>& components) {
  bool kubernetes = false;
  for (size_t i = 0; i < components.size(); ++i) {
    const std::string_view component = components[i];
    if (auto named = OfScope(component)) return named;
    if (i > 0) {
      if (auto named = OfPair(components[i - 1], component)) return named;
    }
    constexpr std::string_view kLxc = "lxc.payload.";
    if (component.starts_with(kLxc)) {
      return Container("lxc", component.substr(kLxc.size()));
    }
    constexpr std::string_view kNspawn = "systemd-nspawn@";
    if (component.starts_with(kNspawn) && component.ends_with(".service")) {
      return Container("systemd-nspawn",
                       component.substr(kNspawn.size(),
                                        component.size() - kNspawn.size() - 8));
    }
    kubernetes = kubernetes || component.starts_with("kubepods");
    if (kubernetes && IsId(component)) {
      return Container("kubernetes", component);
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<CgroupName> NameCgroup(std::string_view path) {
  const std::vector<std::string_view> components = Components(path);
  if (auto named = OfContainer(components)) return named;
  // The innermost unit. A user's own manager is not a service of anybody's.
  std::string_view unit;
  for (const std::string_view component : components) {
    if (component.ends_with(".service") || component.ends_with(".scope")) {
      unit = component;
    }
  }
  if (!unit.ends_with(".service") || unit.starts_with("user@")) {
    return std::nullopt;
  }
  return CgroupName{Kind::kService, "systemd", std::string(unit)};
}

}  // namespace ringfence::host
