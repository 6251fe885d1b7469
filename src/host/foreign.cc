#include "host/foreign.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <map>
#include <set>
#include <sstream>

#include "host/container_state.h"
#include "sys/file.h"
#include "sys/user.h"

namespace ringfence::host {
namespace {

constexpr size_t kLimit = size_t{1} << 20;
// PROC_PID_INIT_INO of linux/proc_ns.h: the PID namespace of the machine.
constexpr uint64_t kFirstPidNamespace = 0xEFFFFFFC;

struct Process {
  pid_t pid = 0;
  pid_t parent = 0;
  uint32_t uid = 0;
  std::string command;
  std::vector<pid_t> namespaced;  // its id in each PID namespace, ours first
  std::vector<CgroupName> groups;
};

std::optional<std::string> Slurp(const std::string& path) {
  auto text = sys::ReadFile(path.c_str(), kLimit);
  if (!text) return std::nullopt;
  return *std::move(text);
}

std::vector<CgroupName> GroupsOf(const std::string& text) {
  std::vector<CgroupName> groups;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const size_t path = line.find('/');
    if (path == std::string::npos) continue;
    if (auto name = NameCgroup(std::string_view(line).substr(path))) {
      if (std::ranges::find(groups, *name) == groups.end()) {
        groups.push_back(*std::move(name));
      }
    }
  }
  return groups;
}

// nullopt: it is gone, hidden, or dead and only not yet waited for.
std::optional<Process> ReadProcess(const std::string& proc, pid_t pid) {
  const std::string folder = proc + "/" + std::to_string(pid);
  const auto status = Slurp(folder + "/status");
  if (!status) return std::nullopt;
  Process process{.pid = pid};
  bool zombie = false;
  int threads = 0;
  std::istringstream lines(*status);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string key;
    words >> key;
    if (key == "Name:") {
      words >> process.command;
    } else if (key == "State:") {
      zombie = (words >> std::ws).peek() == 'Z';
    } else if (key == "Threads:") {
      words >> threads;
    } else if (key == "PPid:") {
      words >> process.parent;
    } else if (key == "Uid:") {
      words >> process.uid;
    } else if (key == "NSpid:") {
      for (pid_t id = 0; words >> id;) process.namespaced.push_back(id);
    }
  }
  // The first thread of a process may end before others do.
  if (zombie && threads <= 1) return std::nullopt;
  process.groups = GroupsOf(Slurp(folder + "/cgroup").value_or(""));
  return process;
}

class Search {
 public:
  Search(const ForeignRoots& roots, std::span<const admit::Entry> own)
      : roots_(roots), self_(roots.self != 0 ? roots.self : ::getpid()) {
    for (const admit::Entry& entry : own) {
      own_.insert(entry.record.supervisor.pid);
      if (entry.record.init.pid != 0) own_.insert(entry.record.init.pid);
    }
    own_.insert(self_);
  }

  ForeignView Run() {
    ReadAll();
    NoteLimits();
    const auto self = processes_.find(self_);
    if (self != processes_.end()) {
      depth_ = self->second.namespaced.size();
      excused_ = self->second.groups;
    }
    states_ = ReadContainerStates(roots_.run, view_.limits);
    for (const auto& [pid, process] : processes_) {
      if (!IsOwn(process)) Look(process);
    }
    for (auto& [name, foreign] : found_) view_.found.push_back(foreign);
    return std::move(view_);
  }

 private:
  void ReadAll() {
    for (const std::string& name : NamesIn(roots_.proc)) {
      pid_t pid = 0;
      const auto [end, error] =
          std::from_chars(name.data(), name.data() + name.size(), pid);
      if (error != std::errc{} || end != name.data() + name.size()) continue;
      if (auto process = ReadProcess(roots_.proc, pid)) {
        processes_.emplace(pid, *std::move(process));
      }
    }
  }

  void NoteLimits() {
    view_.hidden = !processes_.contains(1);
    if (view_.hidden) {
      view_.limits.emplace_back("/proc hides the processes of other users");
    }
    struct stat status{};
    const std::string own = roots_.proc + "/self/ns/pid";
    if (::stat(own.c_str(), &status) == 0 &&
        status.st_ino != kFirstPidNamespace) {
      view_.limits.emplace_back(
          "this is a container: what runs outside of it is not seen");
    }
  }

  // It, or something above it, is in the ledger, or is the caller.
  bool IsOwn(const Process& process) const {
    const Process* at = &process;
    for (size_t steps = 0; steps < processes_.size() + 1; ++steps) {
      if (own_.contains(at->pid)) return true;
      const auto parent = processes_.find(at->parent);
      if (parent == processes_.end()) return false;
      at = &parent->second;
    }
    return false;
  }

  // The first process of a PID namespace right below ours.
  bool IsFirst(const Process& process) const {
    return depth_ != 0 && process.namespaced.size() > depth_ &&
           process.namespaced[depth_] == 1;
  }

  void Look(const Process& process) {
    const auto state = states_.find(process.pid);
    if (state != states_.end()) {
      Add(CgroupName::Kind::kContainer, state->second, process);
      return;
    }
    bool named = false;
    for (const CgroupName& group : process.groups) {
      if (std::ranges::find(excused_, group) != excused_.end()) continue;
      // A runtime in a service makes one container, not two of them.
      if (group.kind == CgroupName::Kind::kService && IsBelow(process)) {
        continue;
      }
      Add(group.kind,
          group.kind == CgroupName::Kind::kService
              ? group.name
              : group.runtime + ":" + group.name,
          process);
      named = true;
    }
    if (!named && IsFirst(process)) {
      Add(CgroupName::Kind::kContainer, "pidns:" + process.command, process);
    }
  }

  bool IsBelow(const Process& process) const {
    return depth_ != 0 && process.namespaced.size() > depth_;
  }

  void Add(CgroupName::Kind kind, const std::string& name,
           const Process& process) {
    // Processes come by their ids, so the first is the one that is kept.
    found_.try_emplace(name, Foreign{kind, name, process.pid, process.uid});
  }

  const ForeignRoots& roots_;
  pid_t self_;
  std::set<pid_t> own_;
  std::map<pid_t, Process> processes_;
  size_t depth_ = 0;  // PID namespaces that the caller is in, as /proc shows
  std::vector<CgroupName> excused_;
  std::map<pid_t, std::string> states_;
  std::map<std::string, Foreign> found_;
  ForeignView view_;
};

bool Matches(const std::string& pattern, const std::string& name) {
  if (!pattern.ends_with('*')) return pattern == name;
  return name.starts_with(pattern.substr(0, pattern.size() - 1));
}

}  // namespace

ForeignView FindForeign(const ForeignRoots& roots,
                        std::span<const admit::Entry> own) {
  return Search(roots, own).Run();
}

std::vector<Foreign> RefusedBy(const model::HostPolicy& policy,
                               std::span<const Foreign> found) {
  std::vector<Foreign> refused;
  for (const Foreign& foreign : found) {
    const model::ForeignAnswer answer =
        foreign.kind == CgroupName::Kind::kContainer ? policy.containers
                                                     : policy.services;
    if (answer == model::ForeignAnswer::kRefuse &&
        std::ranges::none_of(policy.known, [&](const std::string& pattern) {
          return Matches(pattern, foreign.name);
        })) {
      refused.push_back(foreign);
    }
  }
  return refused;
}

std::string Describe(const Foreign& foreign) {
  const auto users = sys::ReadUsers().value_or(std::vector<sys::NamedId>());
  const bool container = foreign.kind == CgroupName::Kind::kContainer;
  return foreign.name + (container ? " (container" : " (service") + "; user " +
         sys::NameOf(users, foreign.uid) + ", process " +
         std::to_string(foreign.pid) + ")";
}

}  // namespace ringfence::host
