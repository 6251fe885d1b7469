// One launch, from a bundle to an exit code.
//
//   return launch::Launch({.bundle = fd, .base = "/srv/app", ...});
//
// Runs in the process that becomes the supervisor. Single-threaded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace ringfence::launch {

struct Options {
  UniqueFd bundle;
  std::string base;      // absolute; relative host paths start there
  std::string relay;     // path of ringfence-relay
  UniqueFd status_fd;    // JSON lines; may be empty
  UniqueFd status_file;  // the same; may be empty
  UniqueFd notify;       // sends to the caller's NOTIFY_SOCKET; may be empty
  std::string terminal_type;  // TERM, for a workload that has a session
  // A cgroup v2 to divide, and where to go back to; may be empty (cgroup.h).
  UniqueFd cgroup;
  UniqueFd cgroup_home;
  std::string no_cgroup = "the host has no cgroup v2 at /sys/fs/cgroup";
  std::string cgroup_remedy = "boot with systemd.unified_cgroup_hierarchy=1";
  bool verbose = false;
  // Wait so long for a place on the host; nullopt: do not wait.
  std::optional<uint64_t> wait_ms;
  std::vector<std::string> arguments;  // appended to the workload's command
};

// The exit code of `ringfence run`.
[[nodiscard]] int Launch(Options options);

}  // namespace ringfence::launch
