#include "admit/powerful_groups.h"

#include <algorithm>
#include <array>

namespace ringfence::admit {
namespace {

// Not here: audio, video, render, cdrom, plugdev, netdev, dialout. They reach
// devices, which no sandbox sees, and ordinary desktop users are in them.
constexpr std::array kPowerfulGroups = std::to_array<PowerfulGroup>({
    {"root", "open root's files"},
    {"sudo", "become root"},
    {"wheel", "become root"},
    {"admin", "become root"},
    {"docker", "start a container as root through the Docker daemon"},
    {"lxd", "start a container as root through the LXD daemon"},
    {"incus-admin", "start a container as root through the Incus daemon"},
    {"libvirt", "start a machine with the host's disks through libvirt"},
    {"disk", "read and write the disks below every file system"},
    {"kmem", "read the kernel's memory"},
    {"kvm", "make virtual machines on the kernel's largest attack surface"},
    {"shadow", "read every password hash"},
    {"staff", "replace programs in /usr/local that root runs"},
    {"input", "read every key that is pressed"},
    {"adm", "read the logs of every service"},
    {"systemd-journal", "read the logs of every service"},
});

bool Has(const sys::Caller& caller, gid_t gid) {
  return caller.gid == gid ||
         std::ranges::find(caller.groups, gid) != caller.groups.end();
}

}  // namespace

std::span<const PowerfulGroup> AllPowerfulGroups() { return kPowerfulGroups; }

std::vector<PowerfulGroup> PowerfulGroupsOf(
    const sys::Caller& caller, const std::vector<sys::NamedId>& groups) {
  std::vector<PowerfulGroup> powerful;
  for (const PowerfulGroup& group : kPowerfulGroups) {
    // A name may stand in the file twice, with two numbers: both count.
    const bool member =
        (group.name == "root" && Has(caller, 0)) ||
        std::ranges::any_of(groups, [&](const sys::NamedId& entry) {
          return entry.name == group.name && Has(caller, entry.id);
        });
    if (member) powerful.push_back(group);
  }
  return powerful;
}

}  // namespace ringfence::admit
