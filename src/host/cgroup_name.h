// What a control group's path says about who made it.
//
//   NameCgroup("/system.slice/docker-0123...ef.scope")
//       // container, "docker", "0123456789ab"
//
// Pure. Paths are those of /proc/PID/cgroup, of cgroup v1 and v2 alike, as
// Docker, Podman, containerd, CRI-O, Kubernetes, LXC, systemd-nspawn, crun,
// runc and systemd make them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ringfence::host {

struct CgroupName {
  enum class Kind { kContainer, kService };
  Kind kind = Kind::kContainer;
  std::string runtime;  // "docker", "systemd"
  std::string name;     // an id cut to 12 digits, or a unit
  bool operator==(const CgroupName&) const = default;
};

// nullopt: a session, a slice, the root: nothing that was started as a whole.
[[nodiscard]] std::optional<CgroupName> NameCgroup(std::string_view path);

}  // namespace ringfence::host
