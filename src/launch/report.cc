#include "launch/report.h"

#include <sys/resource.h>

#include <algorithm>

#include "base/check.h"
#include "launch/readback.h"
#include "model/landlock.h"

namespace ringfence::launch {
namespace {

namespace landlock = model::landlock;

std::string Field(std::string_view status, std::string_view name) {
  return std::string(StatusField(status, name));
}

std::string Number(uint64_t number) { return std::to_string(number); }

// What a kernel older than ABI 7 leaves out of the ruleset.
std::string MissingFrom(const landlock::Ruleset& ruleset, uint32_t abi) {
  std::string missing;
  const auto add = [&](bool lacks, const char* what) {
    if (lacks) missing += (missing.empty() ? "" : ", ") + std::string(what);
  };
  add((ruleset.fs & ~landlock::FsRights(abi) & landlock::kRefer) != 0,
      "moving files between directories");
  add((ruleset.fs & ~landlock::FsRights(abi) & landlock::kTruncate) != 0,
      "truncating files");
  add((ruleset.fs & ~landlock::FsRights(abi) & landlock::kIoctlDev) != 0,
      "device ioctls");
  add((ruleset.net & ~landlock::NetRights(abi)) != 0, "TCP bind and connect");
  add((ruleset.scopes & ~landlock::Scopes(abi)) != 0,
      "signals and abstract sockets");
  return missing;
}

std::string NameOfLimit(uint32_t resource) {
  switch (resource) {
    case RLIMIT_CORE:
      return "core dumps (bytes)";
    case RLIMIT_NPROC:
      return "processes";
    case RLIMIT_NOFILE:
      return "open files";
    default:
      return "resource " + Number(resource);
  }
}

// The supplementary groups, as seen inside.
std::string Groups(std::string_view status) {
  const std::string groups = Field(status, "Groups");
  const size_t last = groups.find_last_not_of(' ');
  return last == std::string::npos ? "none" : groups.substr(0, last + 1);
}

class Reporter {
 public:
  std::vector<Protection> protections;

  void ReadBack(std::string name, std::string detail) {
    protections.push_back(
        {std::move(name), Enforcement::kReadBack, std::move(detail)});
  }
  void NotEnforced(std::string name, std::string detail) {
    protections.push_back(
        {std::move(name), Enforcement::kNotEnforced, std::move(detail)});
  }

  void Ids(const bundle::Bundle& bundle, const sys::Caller& caller,
           std::string_view status) {
    ReadBack("user", "uid " + Number(bundle.user.uid.value) +
                         " is the host's " + Number(caller.uid) + ", gid " +
                         Number(bundle.user.gid.value) + " is the host's " +
                         Number(caller.gid) + ", no other id is mapped");
    ReadBack("supplementary groups", Groups(status));
    ReadBack("capabilities", "inheritable " + Field(status, "CapInh") +
                                 ", permitted " + Field(status, "CapPrm") +
                                 ", effective " + Field(status, "CapEff") +
                                 ", bounding " + Field(status, "CapBnd") +
                                 ", ambient " + Field(status, "CapAmb"));
    ReadBack("no_new_privs", Field(status, "NoNewPrivs"));
  }

  void Landlock(const bundle::Bundle& bundle, uint32_t abi) {
    if (abi == 0) {
      NotEnforced("landlock", "this kernel has no Landlock");
      return;
    }
    protections.push_back(
        {"landlock", Enforcement::kProbed,
         "ABI " + Number(abi) + ", " + Number(bundle.landlock.paths.size()) +
             " paths" +
             (bundle.landlock.net != 0 && abi >= 4 ? ", no TCP bind or connect"
                                                   : "")});
    const std::string missing = MissingFrom(bundle.landlock, abi);
    if (!missing.empty()) {
      NotEnforced(
          "landlock: " + missing,
          "needs a later Landlock ABI than this kernel's " + Number(abi));
    }
  }

  void AppArmor(const bundle::Bundle& bundle, const AppArmor& apparmor,
                std::string_view status) {
    if (!apparmor.profile.empty()) {
      ReadBack("apparmor", Field(status, "Label"));
    } else if (apparmor.enabled || bundle.mandatory_access.apparmor) {
      NotEnforced("apparmor", apparmor.why);
    }
  }

  void SelinuxLabel(const bundle::Bundle& bundle, const Selinux& selinux,
                    std::string_view status) {
    if (!selinux.label.empty()) {
      ReadBack("selinux", Field(status, "Label"));
    } else if (selinux.enabled || bundle.mandatory_access.selinux) {
      NotEnforced("selinux", selinux.why);
    }
  }

  void Limits(const bundle::Bundle& bundle, const Plan& plan,
              const CgroupFacts& cgroup) {
    for (const Step& step : plan.steps) {
      if (step.kind != StepKind::kLimit) continue;
      ReadBack("limit on " + NameOfLimit(step.resource), Number(step.value));
    }
    if (cgroup.processes.enforced) {
      ReadBack("limit on processes in the cgroup", cgroup.processes.detail);
    }
    if (bundle.memory.amount != 0) {
      InCgroup("memory", Number(bundle.memory.amount) + " bytes",
               cgroup.memory);
    }
    if (bundle.cpu.amount != 0) {
      InCgroup("cpu", Number(bundle.cpu.amount) + "/1000 of a core",
               cgroup.cpu);
    }
    if (bundle.disk_read.amount != 0) {
      InCgroup("disk_read", Number(bundle.disk_read.amount) + " bytes a second",
               cgroup.disks);
    }
    if (bundle.disk_write.amount != 0) {
      InCgroup("disk_write",
               Number(bundle.disk_write.amount) + " bytes a second",
               cgroup.disks);
    }
  }

 private:
  void InCgroup(const char* name, const std::string& wanted,
                const CgroupLimited& limited) {
    if (limited.enforced) {
      ReadBack(name, limited.detail);
    } else {
      NotEnforced(
          name, wanted + ": " + limited.detail + "; the profile permits that");
    }
  }
};

}  // namespace

std::vector<Protection> Report(const bundle::Bundle& bundle, const Plan& plan,
                               const Facts& facts, const sys::Caller& caller,
                               std::string_view status) {
  Reporter report;
  report.Ids(bundle, caller, status);
  report.ReadBack("seccomp", "mode " + Field(status, "Seccomp") + ", " +
                                 Field(status, "Seccomp_filters") +
                                 " filter(s), " +
                                 Number(bundle.filters.front().code().size()) +
                                 " instructions");
  report.Landlock(bundle, facts.landlock_abi);
  report.AppArmor(bundle, facts.apparmor, status);
  report.SelinuxLabel(bundle, facts.selinux, status);
  report.ReadBack("namespaces",
                  bundle.network.mode == model::NetworkMode::kHost
                      ? "user mnt pid ipc uts cgroup; the network is the "
                        "host's"
                      : "user mnt pid net ipc uts cgroup");
  report.ReadBack("user namespaces inside", "0 allowed");
  const auto mounts = std::ranges::count_if(plan.steps, [](const Step& step) {
    return step.kind == StepKind::kBind || step.kind == StepKind::kScratch ||
           step.kind == StepKind::kProc || step.kind == StepKind::kPts;
  });
  report.ReadBack("root", "a tmpfs of its own, read-only, with " +
                              Number(static_cast<uint64_t>(mounts)) +
                              " mounts as planned");
  report.Limits(bundle, plan, facts.cgroup);
  return report.protections;
}

std::string_view NameOf(Enforcement state) {
  switch (state) {
    case Enforcement::kReadBack:
      return "enforced";
    case Enforcement::kProbed:
      return "applied, probed";
    case Enforcement::kNotEnforced:
      return "not enforced";
  }
  CheckFailed("report: unknown state");
}

}  // namespace ringfence::launch
