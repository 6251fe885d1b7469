// What runs on this host that Ringfence did not start: containers of any
// runtime, and services.
//
//   const ForeignView view = FindForeign({}, ledger->Running().value());
//   for (const Foreign& foreign : view.found) ...
//
// Three signs are read, and no daemon is asked: a process that is the first of
// a PID namespace below ours (NSpid of proc_pid_status(5), which everybody may
// read, so a runtime without control groups is seen too); the control group of
// a process; the state that OCI runtimes keep below /run, where it may be read,
// for the name. What Ringfence started is known by the ledger, with everything
// below it; whatever the caller itself is a part of is not foreign.
//
// It is a picture: something that starts a moment later is not in it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "admit/record.h"
#include "host/cgroup_name.h"
#include "model/host.h"

namespace ringfence::host {

struct Foreign {
  CgroupName::Kind kind = CgroupName::Kind::kContainer;
  std::string name;  // "docker:0123456789ab", "ssh.service", "pidns:bwrap"
  pid_t pid = 0;     // its first process
  uint32_t uid = 0;  // of that process, on the host
  bool operator==(const Foreign&) const = default;
};

struct ForeignView {
  std::vector<Foreign> found;  // by name
  // /proc hides the processes of other users: nobody can say what else runs.
  bool hidden = false;
  // What else cannot be seen from here, a clause each.
  std::vector<std::string> limits;
};

// Where to look; for tests.
struct ForeignRoots {
  std::string proc = "/proc";
  std::string run = "/run";
  pid_t self = 0;  // 0: this process
};

[[nodiscard]] ForeignView FindForeign(const ForeignRoots& roots,
                                      std::span<const admit::Entry> own);

// Those of `found` beside which `policy` lets nothing start. [pure]
[[nodiscard]] std::vector<Foreign> RefusedBy(const model::HostPolicy& policy,
                                             std::span<const Foreign> found);

// `docker:0123456789ab (container; user root, process 4711)`
[[nodiscard]] std::string Describe(const Foreign& foreign);

}  // namespace ringfence::host
