#include "host/delegation.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <sstream>

#include "sys/file.h"

namespace ringfence::host {
namespace {

constexpr size_t kLimit = size_t{1} << 20;
// What every workload wants to have, and what limits on disks need besides.
constexpr std::array<const char*, 3> kWanted = {"memory", "cpu", "pids"};
constexpr std::array<const char*, 4> kControllers = {"memory", "cpu", "pids",
                                                     "io"};
// Enough for a supervisor and its relay, and too little to harm the host.
constexpr char kSupervisorMemory[] = "268435456";
constexpr char kSupervisorProcesses[] = "64";

std::string ReadText(const std::string& path) {
  return sys::ReadFile(path.c_str(), kLimit).value_or(std::string());
}

std::vector<std::string> Words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

bool Writable(const std::string& path) {
  return sys::Accessat(AT_FDCWD, path.c_str(), W_OK).has_value();
}

bool Exists(const std::string& path) {
  return sys::Lstatat(AT_FDCWD, path.c_str()).has_value();
}

// systemd marks what it delegates; the user's manager makes everything of the
// user's own, so that the owner says nothing there.
bool IsMarked(const std::string& path) {
  std::array<char, 4> value{};
  return ::getxattr(path.c_str(), "user.delegate", value.data(),
                    value.size()) == 1 &&
         value[0] == '1';
}

// Of this process: "/sys/fs/cgroup/user.slice/..."; empty: of no cgroup v2.
std::string OwnPath() {
  std::istringstream lines(ReadText("/proc/self/cgroup"));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("0::")) return kCgroupRoot + line.substr(3);
  }
  return {};
}

std::string MissingFrom(const std::vector<std::string>& controllers) {
  std::string missing;
  for (const char* name : kWanted) {
    if (std::ranges::find(controllers, name) == controllers.end()) {
      missing += std::string(missing.empty() ? "" : ", ") + name;
    }
  }
  return missing;
}

// `without`: what is said before the names of those that it does not have.
Delegation Through(Way way, const std::vector<std::string>& controllers,
                   const std::string& without, const std::string& remedy) {
  Delegation delegation{way, MissingFrom(controllers), "", ""};
  if (!delegation.missing.empty()) {
    delegation.why = without + delegation.missing;
    delegation.remedy = remedy;
  }
  if (std::ranges::find(controllers, "io") == controllers.end()) {
    delegation.disks = {without + "io", remedy};
  }
  return delegation;
}

Delegation None(const std::string& why, const std::string& remedy) {
  return {Way::kNone, MissingFrom({}), why, remedy, {why, remedy}};
}

std::unexpected<std::string> Failed(const std::string& what,
                                    const SysError& error) {
  return std::unexpected(what + ": " + std::strerror(error.err));
}

Result<void> WriteText(int dir, const char* file, const char* text) {
  RF_ASSIGN(const UniqueFd fd, sys::OpenAt(dir, file, O_WRONLY));
  return sys::WriteAll(fd.get(), std::string_view(text));
}

Result<UniqueFd> OpenCgroup(const std::string& path) {
  return sys::Open(path.c_str(), O_RDONLY | O_DIRECTORY);
}

// As it was, as far as that can be had.
void Undo(const Divided& divided) {
  for (const char* name : kControllers) {
    const std::string off = std::string("-") + name;
    (void)WriteText(divided.node.get(), "cgroup.subtree_control", off.c_str());
  }
  (void)WriteText(divided.home.get(), "cgroup.procs", "0");
  (void)sys::Unlinkat(divided.node.get(), "work", AT_REMOVEDIR);
  (void)sys::Unlinkat(divided.node.get(), "sup", AT_REMOVEDIR);
}

}  // namespace

Cgroup ReadCgroup(uid_t uid) {
  Cgroup cgroup;
  cgroup.uid = uid;
  const auto root = sys::Statfs(kCgroupRoot);
  cgroup.unified = root && root->f_type == CGROUP2_SUPER_MAGIC;
  cgroup.systemd = Exists("/run/systemd/system");
  if (!cgroup.unified) return cgroup;
  cgroup.path = OwnPath();
  const auto status = sys::Statat(AT_FDCWD, cgroup.path.c_str());
  cgroup.writable = status && Writable(cgroup.path) &&
                    Writable(cgroup.path + "/cgroup.procs") &&
                    Writable(cgroup.path + "/cgroup.subtree_control");
  cgroup.delegated =
      cgroup.writable && (!cgroup.systemd || IsMarked(cgroup.path));
  cgroup.alone = ReadText(cgroup.path + "/cgroup.procs") ==
                 std::to_string(::getpid()) + "\n";
  cgroup.controllers = Words(ReadText(cgroup.path + "/cgroup.controllers"));
  const std::string user = std::to_string(uid);
  cgroup.manager = Exists("/run/user/" + user + "/systemd/private");
  if (cgroup.manager) {
    cgroup.manager_controllers =
        Words(ReadText(std::string(kCgroupRoot) + "/user.slice/user-" + user +
                       ".slice/user@" + user + ".service/cgroup.controllers"));
  }
  return cgroup;
}

Delegation Choose(const Cgroup& cgroup) {
  constexpr char kHandOver[] = "hand a directory over: --cgroup DIR";
  if (!cgroup.unified) {
    return None("the host has no cgroup v2 at /sys/fs/cgroup",
                "boot with systemd.unified_cgroup_hierarchy=1");
  }
  if (cgroup.delegated && cgroup.alone) {
    return Through(Way::kOwn, cgroup.controllers,
                   cgroup.path + " is delegated without ",
                   "delegate them too: Delegate=yes of the unit, or "
                   "cgroup.subtree_control of the cgroup above");
  }
  if (cgroup.manager) {
    return Through(Way::kScope, cgroup.manager_controllers,
                   "the user's systemd manager was not given ",
                   "as root: put Delegate=cpu io memory pids under [Service] "
                   "into /etc/systemd/system/user@.service.d/delegate.conf, "
                   "then systemctl daemon-reload, and log in again");
  }
  if (cgroup.systemd) {
    return None(
        "no cgroup is delegated, and no systemd manager of this user "
        "runs",
        "as root: loginctl enable-linger " + std::to_string(cgroup.uid) +
            "; in a service: Delegate=yes");
  }
  if (cgroup.writable) {
    return None("other processes are in the cgroup " + cgroup.path,
                std::string("start Ringfence alone in it, or ") + kHandOver);
  }
  return None("the cgroup " + cgroup.path + " is not delegated to this user",
              kHandOver);
}

std::expected<Divided, std::string> Divide(const std::string& node,
                                           const std::string& home) {
  const auto kind = sys::Statfs(node.c_str());
  if (!kind) return Failed(node, kind.error());
  if (kind->f_type != CGROUP2_SUPER_MAGIC) {
    return std::unexpected(node + " is no cgroup v2");
  }
  auto opened = OpenCgroup(node);
  auto back = OpenCgroup(home);
  if (!opened) return Failed(node, opened.error());
  if (!back) return Failed(home, back.error());
  Divided divided{*std::move(opened), *std::move(back)};
  // Held for as long as the launcher lives, which inherits it.
  if (::flock(divided.node.get(), LOCK_EX | LOCK_NB) < 0) {
    return std::unexpected(node +
                           " is another workload's: " + std::strerror(errno));
  }
  for (const char* leaf : {"sup", "work"}) {
    const auto made = sys::Mkdirat(divided.node.get(), leaf, 0755);
    if (!made && made.error().err != EEXIST) {
      Undo(divided);
      return Failed("cannot divide " + node, made.error());
    }
  }
  // Whoever has controllers for others has no processes of its own.
  if (const auto moved = WriteText(divided.node.get(), "sup/cgroup.procs", "0");
      !moved) {
    Undo(divided);
    return Failed("cannot enter " + node + "/sup", moved.error());
  }
  const auto there = Words(ReadText(node + "/cgroup.controllers"));
  for (const char* name : kControllers) {
    if (std::ranges::find(there, name) == there.end()) continue;
    const std::string on = std::string("+") + name;
    if (const auto enabled =
            WriteText(divided.node.get(), "cgroup.subtree_control", on.c_str());
        !enabled) {
      Undo(divided);
      return Failed(
          "cannot have the controller " + std::string(name) + " in " + node,
          enabled.error());
    }
  }
  // What the workload can make it do must not become the host's trouble.
  (void)WriteText(divided.node.get(), "sup/memory.max", kSupervisorMemory);
  (void)WriteText(divided.node.get(), "sup/pids.max", kSupervisorProcesses);
  return divided;
}

}  // namespace ringfence::host
