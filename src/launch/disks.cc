#include "launch/disks.h"

#include <fcntl.h>

#include <algorithm>

#include "launch/requirements.h"
#include "launch/text.h"
#include "sys/file.h"

namespace ringfence::launch {
namespace {

// The disk that `device` is, or is a partition of; empty: sysfs knows neither.
std::string WholeDisk(const std::string& device, const std::string& sys) {
  const std::string at = sys + "/dev/block/" + device;
  if (!sys::Statat(AT_FDCWD, at.c_str())) return {};
  if (!sys::Statat(AT_FDCWD, (at + "/partition").c_str())) return device;
  auto disk = sys::ReadFile((at + "/../dev").c_str(), 64);
  if (!disk) return {};
  while (disk->ends_with('\n')) disk->pop_back();
  return *disk;
}

bool IsInMemory(const std::string& type) {
  return type == "tmpfs" || type == "ramfs";
}

std::expected<CgroupLimited, Refusal> Limit(const bundle::Bundle& bundle,
                                            const Disks& disks,
                                            const Cgroup& cgroup) {
  CgroupLimited all{true, ""};
  for (const std::string& device : disks.devices) {
    const auto disk = cgroup.LimitDisk(device, bundle.disk_read.amount,
                                       bundle.disk_write.amount);
    if (!disk) {
      return std::unexpected(Refusal{
          ExitCode::kProtection,
          "the disk " + device +
              " cannot be limited: " + Describe(disk.error()),
          "keep what the workload sees on another disk, or leave the limit "
          "out"});
    }
    if (!disk->enforced) return *disk;
    all.detail += (all.detail.empty() ? "" : ", ") + disk->detail;
  }
  if (all.detail.empty()) all.detail = "nothing of it lies on a disk";
  return all;
}

}  // namespace

Disks DisksOf(const std::vector<std::string>& paths, const HostMounts& mounts,
              const std::string& sys) {
  Disks disks;
  for (const std::string& path : paths) {
    for (const HostMounts::Mount* const mount : mounts.Of(path)) {
      if (IsInMemory(mount->type)) continue;
      const std::string disk = WholeDisk(mount->device, sys);
      if (!disk.empty()) {
        disks.devices.push_back(disk);
      } else if (disks.without.empty()) {
        disks.without = (IsBelow(mount->target, path) ? mount->target : path) +
                        " lies on " + mount->type +
                        ", which names no disk of its own";
      }
    }
  }
  std::ranges::sort(disks.devices);
  const auto twice = std::ranges::unique(disks.devices);
  disks.devices.erase(twice.begin(), twice.end());
  return disks;
}

std::expected<void, Refusal> LimitDisks(const bundle::Bundle& bundle,
                                        const std::vector<HostSource>& sources,
                                        const Cgroup& cgroup,
                                        CgroupFacts& facts) {
  if (bundle.disk_read.amount == 0 && bundle.disk_write.amount == 0) return {};
  if (cgroup.work() < 0) return CheckDiskLimits(bundle, facts);
  const auto mounts = HostMounts::Read();
  if (!mounts) {
    return std::unexpected(Refusal{
        ExitCode::kInternal,
        "cannot read the host's mounts: " + Describe(mounts.error()), ""});
  }
  std::vector<std::string> paths;
  for (const HostSource& source : sources) {
    if (source.present) paths.push_back(source.path);
  }
  const Disks disks = DisksOf(paths, *mounts);
  RF_ASSIGN(facts.disks, Limit(bundle, disks, cgroup));
  if (!facts.disks.enforced) {
    facts.disks_remedy =
        "delegate the controller io; `ringfence doctor` says how";
  } else if (!disks.without.empty()) {
    facts.disks = {false, Printable(disks.without)};
    facts.disks_remedy = "keep what the workload sees on a disk of the host's";
  }
  return CheckDiskLimits(bundle, facts);
}

}  // namespace ringfence::launch
