#include "launch/host_mounts.h"

#include <algorithm>
#include <array>

#include "sys/file.h"

namespace ringfence::launch {
namespace {

constexpr size_t kMostText = 16 << 20;

// Each shows or changes something of the whole host's.
constexpr std::array<std::string_view, 20> kOfTheKernel = {
    "proc",     "sysfs",       "devtmpfs",  "devpts",     "cgroup",
    "cgroup2",  "securityfs",  "debugfs",   "tracefs",    "bpf",
    "configfs", "mqueue",      "pstore",    "efivarfs",   "fusectl",
    "nsfs",     "binfmt_misc", "selinuxfs", "rpc_pipefs", "hugetlbfs"};

// Space, tab, newline and backslash are \NNN there.
std::string Plain(std::string_view field) {
  const auto digit = [&](size_t i) {
    return i < field.size() && field[i] >= '0' && field[i] <= '7';
  };
  std::string plain;
  for (size_t i = 0; i < field.size(); ++i) {
    if (field[i] == '\\' && digit(i + 1) && digit(i + 2) && digit(i + 3)) {
      plain += static_cast<char>((field[i + 1] - '0') * 64 +
                                 (field[i + 2] - '0') * 8 + field[i + 3] - '0');
      i += 3;
    } else {
      plain += field[i];
    }
  }
  return plain;
}

std::string_view Cut(std::string_view& text, char separator) {
  const size_t end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return part;
}

}  // namespace

bool IsBelow(std::string_view path, std::string_view tree) {
  return path == tree || tree == "/" ||
         (path.starts_with(tree) && path[tree.size()] == '/');
}

HostMounts::HostMounts(std::string_view text) {
  while (!text.empty()) {
    std::string_view line = Cut(text, '\n');
    Cut(line, ' ');
    Cut(line, ' ');
    Mount mount;
    mount.device = Cut(line, ' ');
    mount.root = Plain(Cut(line, ' '));
    mount.target = Plain(Cut(line, ' '));
    const size_t fields = line.find(" - ");
    if (fields == line.npos) continue;
    line.remove_prefix(fields + 3);
    mount.type = Cut(line, ' ');
    mounts_.push_back(std::move(mount));
  }
}

Result<HostMounts> HostMounts::Read() {
  RF_ASSIGN(const std::string text,
            sys::ReadFile("/proc/self/mountinfo", kMostText));
  return HostMounts(text);
}

const HostMounts::Mount* HostMounts::On(std::string_view path) const {
  const Mount* found = nullptr;
  for (const Mount& mount : mounts_) {
    if (IsBelow(path, mount.target) &&
        (found == nullptr || mount.target.size() >= found->target.size())) {
      found = &mount;
    }
  }
  return found;
}

std::string HostMounts::Inner(const Mount& mount, std::string_view path) {
  const std::string_view rest =
      mount.target == "/" ? path : path.substr(mount.target.size());
  if (mount.root == "/") return rest.empty() ? "/" : std::string(rest);
  return mount.root + std::string(rest == "/" ? "" : rest);
}

std::optional<std::string> HostMounts::Forbids(
    const std::string& path, const std::vector<std::string_view>& trees) const {
  const auto forbidden =
      [&](const Mount& mount, const std::string& inner,
          std::string_view at) -> std::optional<std::string> {
    if (std::ranges::find(kOfTheKernel, mount.type) != kOfTheKernel.end()) {
      return "has a " + mount.type + " of the host mounted at " +
             std::string(at);
    }
    for (const std::string_view tree : trees) {
      const Mount* const other = On(tree);
      if (other != nullptr && other->device == mount.device &&
          IsBelow(inner, Inner(*other, tree))) {
        return "has the host's " + std::string(tree) + " mounted at " +
               std::string(at);
      }
    }
    return std::nullopt;
  };
  for (const Mount* const mount : Of(path)) {
    const bool holds_it = IsBelow(path, mount->target);
    if (auto why = holds_it ? forbidden(*mount, Inner(*mount, path), path)
                            : forbidden(*mount, mount->root, mount->target)) {
      return why;
    }
  }
  return std::nullopt;
}

std::vector<const HostMounts::Mount*> HostMounts::Of(
    std::string_view path) const {
  std::vector<const Mount*> mounts;
  if (const Mount* const mount = On(path)) mounts.push_back(mount);
  for (const Mount& mount : mounts_) {
    if (mount.target != path && IsBelow(mount.target, path)) {
      mounts.push_back(&mount);
    }
  }
  return mounts;
}

}  // namespace ringfence::launch
