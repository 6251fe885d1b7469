#include "host/judge.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/least_limits.h"

namespace ringfence::host {
namespace {

using State = Finding::State;
using Step = NamespaceTrial::Step;

Finding User(const Facts& facts) {
  if (facts.uid == 0) {
    return {"ordinary user", State::kDegraded,
            "you are root, and `run` refuses root; the rest was tried as "
            "nobody where that makes a difference",
            "run workloads as a user of their own: adduser --system "
            "--shell /bin/sh NAME"};
  }
  return {"ordinary user", State::kOk, "you are " + facts.user, ""};
}

// Which knob turns user namespaces off, by what the trial ran into.
std::pair<std::string, std::string> BlameForNamespaces(const Facts& facts) {
  const NamespaceKnobs& knobs = facts.knobs;
  if (knobs.maximum == 0u) {
    return {"user.max_user_namespaces is 0",
            "as root: sysctl user.max_user_namespaces=15000"};
  }
  if (knobs.debian_clone == 0u) {
    return {"kernel.unprivileged_userns_clone is 0",
            "as root: sysctl kernel.unprivileged_userns_clone=1"};
  }
  // AppArmor lets the namespace be made and takes its capabilities away.
  if (knobs.apparmor_restrict.value_or(0) != 0) {
    return {"AppArmor restricts unprivileged user namespaces",
            "as root: load an AppArmor profile with `userns,` for "
            "ringfence-launch (or sysctl "
            "kernel.apparmor_restrict_unprivileged_userns=0)"};
  }
  if (facts.namespaces.err == ENOSPC) {
    return {"the limit on user namespaces is reached",
            "as root: raise user.max_user_namespaces"};
  }
  return {
      "no setting of the kernel explains it: a container or a seccomp "
      "filter around this process does",
      "run it outside that container, or let the container make user "
      "namespaces"};
}

Finding UserNamespaces(const Facts& facts) {
  const NamespaceTrial& trial = facts.namespaces;
  std::string step;
  switch (trial.failed) {
    case Step::kDone:
    case Step::kProc:
      return {"user namespaces", State::kOk,
              "made and mapped without privilege", ""};
    case Step::kPrepare:
      return {"user namespaces", State::kMissing,
              std::string("could not be tried: ") + std::strerror(trial.err),
              "free processes and descriptors, then ask again"};
    case Step::kClone:
      step = "cannot be made";
      break;
    case Step::kMap:
      step = "cannot be mapped";
      break;
  }
  auto [why, remedy] = BlameForNamespaces(facts);
  return {"user namespaces", State::kMissing,
          step + " (" + std::strerror(trial.err) + "): " + why, remedy};
}

Finding Proc(const Facts& facts) {
  switch (facts.namespaces.failed) {
    case Step::kDone:
      return {"private /proc", State::kOk, "mounted without privilege", ""};
    case Step::kProc:
      return {"private /proc", State::kMissing,
              std::string("cannot be mounted (") +
                  std::strerror(facts.namespaces.err) +
                  "): a container around this process masks parts of /proc",
              "docker: --security-opt systempaths=unconfined; Kubernetes: "
              "procMount: Unmasked"};
    case Step::kPrepare:
    case Step::kClone:
    case Step::kMap:
      break;
  }
  return {"private /proc", State::kMissing,
          "not tried: there is no user namespace to mount it in",
          "allow user namespaces first"};
}

// A launch cuts a workload's limits to the caller's; below some it cannot be.
Finding HardLimitsFinding(const Facts& facts) {
  const HardLimits& limits = facts.limits;
  const auto of = [](const char* what, uint64_t value) {
    return std::string("that on ") + what + " is " + std::to_string(value);
  };
  const auto raise = [](const char* limits_conf, const char* unit) {
    return std::string("as root: raise it for the user (limits.conf: hard ") +
           limits_conf + "; in a unit: " + unit + "), then log in again";
  };
  if (limits.core < kLeastCore) {
    return {"hard limits", State::kMissing,
            of("core files", limits.core) +
                ", at which a crash handler behind a pipe still runs on what "
                "a workload leaves: a launch sets 1, and may not",
            raise("core 1", "LimitCORE=1")};
  }
  if (limits.open_files < kLeastOpenFiles) {
    return {"hard limits", State::kMissing,
            of("open files", limits.open_files) + ", and a launch needs " +
                std::to_string(kLeastOpenFiles),
            raise("nofile 4096", "LimitNOFILE=4096")};
  }
  if (limits.processes < kLeastProcesses) {
    return {"hard limits", State::kMissing,
            of("processes", limits.processes) + ", and a launch needs " +
                std::to_string(kLeastProcesses) +
                ": its supervisor, its init and the workload",
            raise("nproc 4096", "LimitNPROC=4096")};
  }
  std::string most;
  const auto add = [&](const char* what, uint64_t value) {
    if (value == UINT64_MAX) return;
    most += (most.empty() ? ", up to " : " and ") + std::to_string(value) +
            " " + what;
  };
  add("open files", limits.open_files);
  add("processes", limits.processes);
  return {"hard limits", State::kOk, "let a launch set its own" + most, ""};
}

Finding Seccomp(const Facts& facts) {
  if (!facts.notification) {
    return {"seccomp", State::kMissing,
            "this kernel has no seccomp user notification",
            "boot Linux 5.19 or later with CONFIG_SECCOMP_FILTER"};
  }
  if (!facts.wait_killable) {
    return {"seccomp", State::kMissing,
            "this kernel cannot hold timers off a denied call "
            "(WAIT_KILLABLE_RECV)",
            "boot Linux 5.19 or later"};
  }
  return {"seccomp", State::kOk, "filters and user notification", ""};
}

struct AbiLoss {
  uint32_t abi;
  const char* without;
};
constexpr auto kAbiLosses = std::to_array<AbiLoss>({
    {2, "no file can be moved or linked between directories"},
    {3, "truncation of readable files is left to the mounts"},
    {4,
     "TCP is not restricted, so handover fds and nginx need a level that "
     "denies connect"},
    {5, "ioctls on devices are left to seccomp"},
    {6, "abstract sockets and signals are left to the namespaces"},
    {7, "denials are not in the kernel's audit log as Ringfence's"},
});

Finding Landlock(const Facts& facts) {
  if (facts.landlock_abi == 0) {
    return {"Landlock", State::kMissing, "not in this kernel, or switched off",
            "boot with landlock in the lsm= list, on a kernel with "
            "CONFIG_SECURITY_LANDLOCK"};
  }
  std::string losses;
  for (const AbiLoss& loss : kAbiLosses) {
    if (facts.landlock_abi < loss.abi) {
      losses += losses.empty() ? ": " : "; ";
      losses += loss.without;
    }
  }
  const std::string abi = "ABI " + std::to_string(facts.landlock_abi);
  if (losses.empty()) return {"Landlock", State::kOk, abi, ""};
  return {"Landlock", State::kDegraded, abi + losses,
          "boot a newer kernel (Linux 6.15 has ABI 7)"};
}

Finding Apparmor(const Facts& facts) {
  if (facts.apparmor && !facts.apparmor_gap.why.empty()) {
    return {"AppArmor", State::kDegraded,
            "active, but Ringfence's policy is not loaded: " +
                facts.apparmor_gap.why,
            facts.apparmor_gap.remedy};
  }
  if (facts.apparmor) {
    return {"AppArmor", State::kOk,
            "active: workloads run under the profile that root has loaded for "
            "them or their level",
            ""};
  }
  return {"AppArmor", State::kDegraded,
          "not active: mandatory access control is Landlock's alone",
          "boot with apparmor in the lsm= list"};
}

Finding SelinuxFinding(const Facts& facts) {
  switch (facts.selinux) {
    case Selinux::kEnforcing:
      if (!facts.selinux_gap.why.empty()) {
        return {"SELinux", State::kDegraded,
                "enforcing, but not on workloads: " + facts.selinux_gap.why,
                facts.selinux_gap.remedy};
      }
      return {"SELinux", State::kOk,
              "enforcing: workloads run under the label of their level", ""};
    case Selinux::kPermissive:
      return {"SELinux", State::kDegraded, "permissive: it denies nothing",
              "as root: setenforce 1"};
    case Selinux::kAbsent:
      break;
  }
  return {"SELinux", State::kDegraded,
          "not active: mandatory access control is Landlock's alone",
          "boot with selinux in the lsm= list, and a policy"};
}

Finding Limits(const Facts& facts) {
  constexpr char kName[] = "memory and cpu limits";
  const Delegation delegation = Choose(facts.cgroup);
  if (!delegation.missing.empty()) {
    return {kName, State::kDegraded, delegation.why, delegation.remedy};
  }
  return {kName, State::kOk,
          delegation.way == Way::kOwn
              ? "the cgroup " + facts.cgroup.path + " is delegated to you"
              : "your systemd manager makes a cgroup for each workload",
          ""};
}

Finding DiskLimits(const Facts& facts) {
  constexpr char kName[] = "disk limits";
  const Lack lack = Choose(facts.cgroup).disks;
  if (!lack.why.empty()) {
    return {kName, State::kDegraded, lack.why, lack.remedy};
  }
  return {kName, State::kOk, "the controller io is delegated to you", ""};
}

Finding Subordinate(const Facts& facts) {
  constexpr char kName[] = "subordinate ids";
  const SubordinateIds& ids = facts.subordinate;
  if (!ids.programs) {
    return {kName, State::kDegraded,
            "newuidmap and newgidmap are missing or without privilege",
            "as root: apt install uidmap"};
  }
  if (!ids.uids || !ids.gids) {
    return {kName, State::kDegraded,
            std::string(ids.uids ? "/etc/subgid" : "/etc/subuid") +
                " has no range for " + facts.user,
            "as root: usermod --add-subuids 100000-165535 --add-subgids "
            "100000-165535 " +
                facts.user};
  }
  return {kName, State::kOk, "a range in /etc/subuid and /etc/subgid", ""};
}

Finding Groups(const Facts& facts) {
  if (facts.uid == 0) {
    return {"groups", State::kOk, "not looked at: you are root", ""};
  }
  if (facts.groups.empty()) {
    return {"groups", State::kOk, "none with power over the host", ""};
  }
  std::string detail;
  for (const admit::PowerfulGroup& group : facts.groups) {
    detail += detail.empty() ? "" : "; ";
    detail += std::string(group.name) + " can " + std::string(group.power);
  }
  return {"groups", State::kMissing, detail + ": a workload would keep that",
          "run workloads as a user of their own that is in no such group"};
}

std::string DescribePolicy(const model::HostPolicy& policy) {
  std::string text;
  for (const std::string& level : policy.accepts) {
    text += (text.empty() ? "; reserved for " : ", ") + level;
  }
  if (policy.draining) text += "; being drained, nothing new starts";
  return text;
}

Finding ForeignWorkloads(const Facts& facts) {
  constexpr char kName[] = "foreign workloads";
  const ForeignView& view = facts.foreign;
  std::string unseen;
  for (const std::string& limit : view.limits) unseen += "; " + limit;
  const auto names = [](const std::vector<Foreign>& list) {
    std::string text;
    for (const Foreign& foreign : list) {
      text += (text.empty() ? "" : ", ") + Describe(foreign);
    }
    return text;
  };
  const std::vector<Foreign> refused = RefusedBy(facts.policy, view.found);
  if (!refused.empty()) {
    return {kName, State::kMissing,
            "launches are refused beside " + names(refused) + unseen,
            "stop them, or as root put their names into `known` of "
            "/etc/ringfence/host.yaml, then ringfence host init"};
  }
  if (view.hidden) {
    const bool refuses = model::AsksForForeign(facts.policy);
    return {kName, refuses ? State::kMissing : State::kDegraded,
            "cannot be looked for" + unseen,
            "as root: mount -o remount,hidepid=0 /proc"};
  }
  if (view.found.empty()) {
    return {kName, State::kOk, "none is seen" + unseen, ""};
  }
  return {kName, State::kDegraded,
          "Ringfence did not start " + names(view.found) + unseen,
          "give them another host, or let host.yaml refuse launches beside "
          "them (foreign)"};
}

Finding EqualPages(const Facts& facts) {
  if (!facts.neighbours.ksm) {
    return {"equal pages", State::kOk, "not merged (KSM is off)", ""};
  }
  return {"equal pages", State::kDegraded,
          "KSM merges those of different workloads: by its timing one can find "
          "out what another holds",
          "as root: echo 2 > /sys/kernel/mm/ksm/run"};
}

Finding Siblings(const Facts& facts) {
  if (!facts.neighbours.smt) {
    return {"cores", State::kOk, "not shared by two threads at once", ""};
  }
  return {"cores", State::kDegraded,
          "SMT is on: workloads of one level that run at once share the caches "
          "of a core",
          "as root: echo off > /sys/devices/system/cpu/smt/control"};
}

Finding PageCache(const Facts& facts) {
  if (facts.policy.accepts.size() == 1) {
    return {"page cache", State::kOk,
            "of one level only: " + facts.policy.accepts.front(), ""};
  }
  return {"page cache", State::kDegraded,
          "levels that follow each other on this host read the same pages of "
          "/usr and of whatever read-only trees they share",
          "as root: ringfence host accept LEVEL"};
}

Finding Ledger(const Facts& facts) {
  const LedgerFact& ledger = facts.ledger;
  if (!ledger.scope) {
    // Root starts nothing, so it needs no ledger of its own.
    const bool only_not_there = facts.uid == 0 && ledger.unusable.err == ENOENT;
    return {"co-location", only_not_there ? State::kDegraded : State::kMissing,
            ledger.path + " " + ledger.unusable.reason, ledger.unusable.remedy};
  }
  switch (*ledger.scope) {
    case admit::Scope::kHost:
      return {"co-location", State::kOk,
              "one ledger for all users of this host: " + ledger.path +
                  DescribePolicy(facts.policy),
              ""};
    case admit::Scope::kUser:
      break;
  }
  return {"co-location", State::kDegraded,
          "the ledger " + ledger.path + " covers only the workloads of " +
              facts.user,
          "as root: ringfence host init"};
}

}  // namespace

std::vector<Finding> Judge(const Facts& facts) {
  return {User(facts),        UserNamespaces(facts),
          Proc(facts),        HardLimitsFinding(facts),
          Seccomp(facts),     Landlock(facts),
          Apparmor(facts),    SelinuxFinding(facts),
          Limits(facts),      DiskLimits(facts),
          Subordinate(facts), Groups(facts),
          Ledger(facts),      ForeignWorkloads(facts),
          EqualPages(facts),  Siblings(facts),
          PageCache(facts)};
}

std::vector<Finding> JudgeAnyLaunch(const Facts& facts) {
  std::vector<Finding> missing;
  for (Finding finding :
       {UserNamespaces(facts), Proc(facts), HardLimitsFinding(facts),
        Seccomp(facts), Groups(facts)}) {
    if (finding.state == State::kMissing) missing.push_back(std::move(finding));
  }
  return missing;
}

}  // namespace ringfence::host
