// The cgroup v2 that a workload runs in, where one is delegated to the caller.
//
//   auto cgroup = Cgroup::Open(std::move(node), std::move(home));
//   auto limited = cgroup->Limit(WantedOf(bundle));    // before the clone
//   sys::Fork(namespaces, cgroup->work());
//   cgroup->Kill();                                    // and Remove() at the
//   end
//
// `node` is a directory of cgroup v2 that the caller may divide. Whoever made
// it (src/host/delegation.h) made two leaves in it: `sup`, where this process
// is, and `work`, empty, for the workload. All its limits stand in `work`: the
// files of `node` itself are the delegator's. Sources: cgroups(7), and the
// kernel's Documentation/admin-guide/cgroup-v2.rst.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "bundle/bundle.h"

namespace ringfence::launch {

// 0: no limit.
struct CgroupWanted {
  uint64_t memory = 0;     // bytes
  uint64_t cpu = 0;        // thousandths of a core
  uint64_t processes = 0;  // init is one of them
};
[[nodiscard]] CgroupWanted WantedOf(const bundle::Bundle& bundle);

// One limit, as read back from the kernel.
struct CgroupLimited {
  bool enforced = false;
  std::string detail;  // the values as they stand there, or why there are none
};

struct CgroupFacts {
  CgroupLimited memory;
  CgroupLimited cpu;
  CgroupLimited processes;
  std::string remedy;  // for those that are not enforced
  CgroupLimited disks = {};
  std::string disks_remedy = {};
};
// Of a launch without a cgroup.
[[nodiscard]] CgroupFacts NoCgroup(const std::string& why,
                                   const std::string& remedy);

// How often a limit was in the way.
struct LimitHits {
  uint64_t oom_kills = 0;      // processes killed at the limit on memory
  uint64_t forks_refused = 0;  // at the limit on processes
};

// The number behind "NAME " in a file of such lines, as memory.events is; 0
// where there is none. [pure]
[[nodiscard]] uint64_t CountOf(std::string_view text, std::string_view name);

class Cgroup {
 public:
  // There is none: work() is -1, and the rest does nothing.
  Cgroup() = default;
  // `home`: the directory of the cgroup that this process goes back to.
  [[nodiscard]] static Result<Cgroup> Open(UniqueFd node, UniqueFd home);

  // Sets what has a controller here. An error: a limit was set, and is another
  // one when read back.
  [[nodiscard]] Result<CgroupFacts> Limit(const CgroupWanted& wanted) const;

  // The same for `device` ("8:0", a whole disk). Bytes a second, 0: no limit.
  [[nodiscard]] Result<CgroupLimited> LimitDisk(const std::string& device,
                                                uint64_t read,
                                                uint64_t write) const;

  // For CLONE_INTO_CGROUP.
  [[nodiscard]] int work() const { return work_.get(); }
  // An error where `pid` is not a process of `work`.
  [[nodiscard]] Result<void> Holds(pid_t pid) const;
  [[nodiscard]] LimitHits Hits() const;
  // SIGKILL for everybody in `work`, whatever a security module forbids.
  void Kill() const;
  // Once nobody is left in `work`: this process goes home, and the leaves go.
  // What cannot be removed is empty, and its owner's to remove.
  void Remove();

 private:
  UniqueFd node_;
  UniqueFd home_;
  UniqueFd work_;
};

}  // namespace ringfence::launch
