// Delegation: a cgroup v2 that this caller may divide, found and divided.
//
//   const Cgroup cgroup = ReadCgroup(uid);
//   const Delegation delegation = Choose(cgroup);
//   if (delegation.way == Way::kOwn) auto leaves = Divide(cgroup.path, ...);
//
// Two ways lead to one. The cgroup that this process is alone in was delegated
// to it: by a service with Delegate=yes, by systemd-run --scope, by whoever
// chowned it. Or the user's systemd manager makes a scope for it (src/bus),
// which then is the first way. A third is a directory that the user names.
// Sources: cgroups(7), Documentation/admin-guide/cgroup-v2.rst (delegation, no
// internal processes), systemd.io/CGROUP_DELEGATION.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace ringfence::host {

// Where an ordinary host has cgroup v2, and no other place counts.
inline constexpr char kCgroupRoot[] = "/sys/fs/cgroup";

struct Cgroup {
  bool unified = false;                  // kCgroupRoot is a cgroup v2
  std::string path;                      // the directory of the caller's own
  bool writable = false;                 // owner and mode let it be divided
  bool delegated = false;                // and whoever manages it has said so
  bool alone = false;                    // nobody but this process is in it
  std::vector<std::string> controllers;  // that it may hand on
  bool systemd = false;                  // the host runs systemd
  bool manager = false;                  // the user's own manager runs
  std::vector<std::string> manager_controllers;
  uint32_t uid = 0;
};
[[nodiscard]] Cgroup ReadCgroup(uid_t uid);

enum class Way { kOwn, kScope, kNone };

struct Lack {
  std::string why;
  std::string remedy;  // one sentence or command
};

struct Delegation {
  Way way = Way::kNone;
  // Of memory, cpu and pids, those that are not to be had; "memory, cpu".
  std::string missing;
  std::string why;     // there is none, or something is missing
  std::string remedy;  // one sentence or command
  // Of the controller io, which only limits on disks need; no `why`: none.
  Lack disks = {};
};
[[nodiscard]] Delegation Choose(const Cgroup& cgroup);

// A node with the leaves `sup`, where this process is now, and `work`, empty.
struct Divided {
  UniqueFd node;
  UniqueFd home;  // where this process goes back to at its end
};
// `home`: the directory of the cgroup that this process is in; may be `node`.
// On failure everything is as it was before. The error is a clause.
[[nodiscard]] std::expected<Divided, std::string> Divide(
    const std::string& node, const std::string& home);

}  // namespace ringfence::host
