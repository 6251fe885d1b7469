// The disks that a workload's files lie on, for limits on what it reads from
// and writes to them.
//
//   auto limited = LimitDisks(bundle, sources, cgroup, facts.cgroup);
//
// A cgroup v2 limits a disk by its device number, and a whole one only: a
// partition's limit is set on its disk. A file system that names no device of
// its own (overlay, btrfs, NFS) cannot be limited. Sources: the kernel's
// Documentation/admin-guide/cgroup-v2.rst, block/blk-cgroup.c.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "base/result.h"
#include "bundle/bundle.h"
#include "launch/cgroup.h"
#include "launch/host_mounts.h"
#include "launch/plan.h"
#include "launch/refusal.h"

namespace ringfence::launch {

struct Disks {
  std::vector<std::string> devices;  // "8:0", whole disks, each once
  // What of it lies on none: "/usr lies on an overlay"; empty: nothing does.
  std::string without;
};
// Of the trees at `paths` (canonical). What is in memory alone lies on no disk
// and needs no limit. `sys`: where sysfs is, which knows the disk of a
// partition. Allocates; not for use after fork.
[[nodiscard]] Disks DisksOf(const std::vector<std::string>& paths,
                            const HostMounts& mounts,
                            const std::string& sys = "/sys");

// Sets the bundle's limits on every disk of `sources`, before the workload is
// there, and writes into `facts` what the kernel has. Refused (121): a limit
// that is required and cannot be kept on all of them.
[[nodiscard]] std::expected<void, Refusal> LimitDisks(
    const bundle::Bundle& bundle, const std::vector<HostSource>& sources,
    const Cgroup& cgroup, CgroupFacts& facts);

}  // namespace ringfence::launch
