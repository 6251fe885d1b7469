#include "launch/plan.h"

#include <array>

#include "base/check.h"
#include "launch/text.h"
#include "model/label.h"
#include "sys/mount.h"
#include "sys/stub.h"
#include "sys/stub_image.h"

namespace ringfence::launch {
namespace {

using model::ViewEntry;

// The device nodes every program may expect (numbers: devices.txt). They are
// bound from the host, because no user namespace may make any.
constexpr std::array<const char*, 6> kDevices = {"null",   "zero",    "full",
                                                 "random", "urandom", "tty"};
struct Link {
  const char* path;
  const char* target;
};
constexpr std::array<Link, 5> kDeviceLinks = {{
    {"/dev/fd", "/proc/self/fd"},
    {"/dev/stdin", "/proc/self/fd/0"},
    {"/dev/stdout", "/proc/self/fd/1"},
    {"/dev/stderr", "/proc/self/fd/2"},
    {"/dev/ptmx", "pts/ptmx"},
}};

uint64_t AttributesOf(const ViewEntry& entry) {
  uint64_t attributes = sys::kMountNoSuid | sys::kMountNoDev;
  if (!entry.rights.write) attributes |= sys::kMountReadOnly;
  if (!entry.rights.execute) attributes |= sys::kMountNoExec;
  return attributes;
}

class PlanMaker {
 public:
  PlanMaker(const bundle::Bundle& bundle,
            const std::vector<HostSource>& sources)
      : bundle_(bundle), sources_(sources) {
    Check(sources.size() == bundle.view.size(),
          "plan: one source for each view entry");
  }

  Plan Make(const Facts& facts) {
    Init(facts);
    Workload(facts);
    for (size_t i = 1; i < plan_.steps.size(); ++i) {
      Check(RankOf(plan_.steps[i - 1].kind) <= RankOf(plan_.steps[i].kind),
            "plan: a step stands before one that has to come first");
    }
    return std::move(plan_);
  }

 private:
  void Add(Step step) { plan_.steps.push_back(std::move(step)); }
  void Add(StepKind kind) { Add(Step{.kind = kind}); }

  static bool IsLabelled(const Facts& facts) {
    return !facts.apparmor.profile.empty() || !facts.selinux.label.empty();
  }

  void Init(const Facts& facts) {
    const bool labelled = IsLabelled(facts);
    Add(StepKind::kNewSession);
    Add(StepKind::kNewKeyring);
    Add({.kind = StepKind::kHostname, .text = bundle_.name});
    Add(StepKind::kPrivateMounts);
    if (bundle_.network.mode != model::NetworkMode::kHost) {
      Add(StepKind::kLoopback);
    }
    Add(StepKind::kRoot);
    if (labelled) {
      Add({.kind = StepKind::kFile,
           .path = model::kStubPath,
           .text = std::string(sys::StubImage()),
           .mode = 0555});
    }
    for (size_t i = 0; i < bundle_.view.size(); ++i) {
      AddEntry(bundle_.view[i], sources_[i]);
    }
    if (labelled) Add(StepKind::kLabelProc);
    if (facts.notify) Add({.kind = StepKind::kNotify, .path = kNotifyPath});
    Add(StepKind::kSealRoot);
    Add(StepKind::kPivot);
    Add(StepKind::kVerifyView);
    if (facts.terminal != TerminalUse::kNone) Add(StepKind::kTerminal);
    Add(StepKind::kUndumpable);
    Add({.kind = StepKind::kDropCapabilities, .value = bundle_.capabilities});
    Add(StepKind::kNoNewPrivileges);
    Add(StepKind::kVerifyInit);
  }

  void AddEntry(const ViewEntry& entry, const HostSource& source) {
    switch (entry.kind) {
      case ViewEntry::Kind::kDirectory:
        AddDirectory(entry.at);
        return;
      case ViewEntry::Kind::kFile:
        Add({.kind = StepKind::kFile,
             .path = entry.at,
             .text = entry.text,
             .mode = entry.mode});
        return;
      case ViewEntry::Kind::kSymlink:
        AddLink(entry.at, entry.text);
        return;
      case ViewEntry::Kind::kBind:
        if (source.present) AddBind(entry.at, source, AttributesOf(entry));
        return;
      case ViewEntry::Kind::kScratch:
        AddTarget(entry.at, true);
        Add({.kind = StepKind::kScratch,
             .path = entry.at,
             .text = std::to_string(entry.size),
             .attributes = AttributesOf(entry),
             .mode = entry.mode});
        owned_.push_back({entry.at, true});
        return;
      case ViewEntry::Kind::kProc:
        AddTarget(entry.at, true);
        Add({.kind = StepKind::kProc, .path = entry.at});
        owned_.push_back({entry.at, false});
        return;
      case ViewEntry::Kind::kDev:
        AddDevices();
        return;
    }
  }

  void AddDevices() {
    AddDirectory("/dev");
    for (const char* name : kDevices) {
      const std::string path = std::string("/dev/") + name;
      // The node's identity is its device number, checked by the interpreter:
      // its inode says nothing, devtmpfs is the host's own.
      Add({.kind = StepKind::kFile, .path = path, .mode = 0});
      Add({.kind = StepKind::kBind,
           .path = path,
           .text = path,
           .attributes = sys::kMountNoSuid | sys::kMountNoExec});
    }
    AddDirectory("/dev/pts");
    Add({.kind = StepKind::kPts, .path = "/dev/pts"});
    for (const Link& link : kDeviceLinks) AddLink(link.path, link.target);
  }

  void AddDirectory(const std::string& path) {
    Add({.kind = StepKind::kDirectory, .path = path, .mode = 0755});
  }

  void AddLink(const std::string& path, const std::string& target) {
    Add({.kind = StepKind::kSymlink, .path = path, .text = target});
  }

  void AddBind(const std::string& at, const HostSource& source,
               uint64_t attributes) {
    AddTarget(at, source.object.is_directory);
    Add({.kind = StepKind::kBind,
         .path = at,
         .text = source.path,
         .object = source.object,
         .attributes = attributes});
    owned_.push_back({at, false});
  }

  // Something to mount on, unless the host's tree has to provide it.
  void AddTarget(const std::string& at, bool is_directory) {
    if (!IsOurs(at)) return;
    if (is_directory) {
      AddDirectory(at);
    } else {
      Add({.kind = StepKind::kFile, .path = at, .mode = 0});
    }
  }

  bool IsOurs(const std::string& at) const {
    bool ours = true;
    size_t longest = 0;
    for (const Owned& mount : owned_) {
      if (at.size() > mount.path.size() && at.starts_with(mount.path) &&
          at[mount.path.size()] == '/' && mount.path.size() >= longest) {
        longest = mount.path.size();
        ours = mount.ours;
      }
    }
    return ours;
  }

  void Workload(const Facts& facts) {
    Add(StepKind::kOwnSession);
    if (facts.terminal == TerminalUse::kSession) {
      Add(StepKind::kControllingTerminal);
    }
    Add({.kind = StepKind::kWorkingDirectory,
         .path = bundle_.working_directory});
    for (const model::ResourceLimit& limit : bundle_.resource_limits) {
      Add({.kind = StepKind::kLimit,
           .value = limit.value,
           .resource = limit.resource});
    }
    const bool labelled = IsLabelled(facts);
    // The kernel runs one of the two, never both.
    if (!facts.selinux.label.empty()) {
      Add({.kind = StepKind::kLabel,
           .path = kSelinuxExecAttribute,
           .text = facts.selinux.label});
    } else if (labelled) {
      Add({.kind = StepKind::kLabel,
           .path = kExecAttribute,
           .text = SelectionOf(facts.apparmor)});
    }
    if (facts.landlock_abi > 0) AddLandlock(facts.landlock_abi, labelled);
    Add(StepKind::kSeccomp);
    Add(StepKind::kVerifyWorkload);
    Add({.kind = StepKind::kExec,
         .path = labelled ? model::kStubPath : "",
         .text = bundle_.command.front()});
  }

  void AddLandlock(uint32_t abi, bool labelled) {
    const uint64_t known = model::landlock::FsRights(abi);
    if (labelled) {
      Add({.kind = StepKind::kLandlockPath,
           .path = model::kStubPath,
           .attributes =
               model::landlock::kReadFile | model::landlock::kExecute});
    }
    for (const model::landlock::PathRule& rule : bundle_.landlock.paths) {
      if (!IsPresent(rule.path)) continue;
      Add({.kind = StepKind::kLandlockPath,
           .path = rule.path,
           .attributes = rule.rights & known});
    }
    Add(StepKind::kLandlock);
  }

  bool IsPresent(const std::string& at) const {
    for (size_t i = 0; i < bundle_.view.size(); ++i) {
      if (bundle_.view[i].at == at &&
          bundle_.view[i].kind == ViewEntry::Kind::kBind) {
        return sources_[i].present;
      }
    }
    return true;
  }

  // A mount made so far, and whether what lies in it can be made by us.
  struct Owned {
    std::string path;
    bool ours;
  };

  const bundle::Bundle& bundle_;
  const std::vector<HostSource>& sources_;
  std::vector<Owned> owned_;
  Plan plan_;
};

}  // namespace

std::string_view NameOf(StepKind kind) {
  switch (kind) {
    case StepKind::kNewSession:
      return "start a session";
    case StepKind::kNewKeyring:
      return "make a new keyring";
    case StepKind::kHostname:
      return "set the host name";
    case StepKind::kPrivateMounts:
      return "make mounts private";
    case StepKind::kRoot:
      return "make the root";
    case StepKind::kDirectory:
      return "make the directory";
    case StepKind::kFile:
      return "make the file";
    case StepKind::kSymlink:
      return "make the link";
    case StepKind::kBind:
      return "bind";
    case StepKind::kScratch:
      return "mount scratch space on";
    case StepKind::kProc:
      return "mount a private procfs on";
    case StepKind::kLabelProc:
      return "mount a procfs for the label";
    case StepKind::kPts:
      return "mount private terminals on";
    case StepKind::kNotify:
      return "make the readiness socket";
    case StepKind::kSealRoot:
      return "make the root read-only";
    case StepKind::kPivot:
      return "leave the host's tree";
    case StepKind::kLoopback:
      return "bring loopback up";
    case StepKind::kVerifyView:
      return "verify the view";
    case StepKind::kTerminal:
      return "make a terminal";
    case StepKind::kUndumpable:
      return "protect init";
    case StepKind::kDropCapabilities:
      return "drop capabilities";
    case StepKind::kNoNewPrivileges:
      return "set no_new_privs";
    case StepKind::kVerifyInit:
      return "verify init";
    case StepKind::kOwnSession:
      return "give the workload a session";
    case StepKind::kControllingTerminal:
      return "give the workload its terminal";
    case StepKind::kWorkingDirectory:
      return "enter the directory";
    case StepKind::kLimit:
      return "set a resource limit";
    case StepKind::kLabel:
      return "select the label";
    case StepKind::kLandlockPath:
      return "allow by Landlock";
    case StepKind::kLandlock:
      return "enforce Landlock";
    case StepKind::kSeccomp:
      return "install the system call filter";
    case StepKind::kVerifyWorkload:
      return "verify the workload";
    case StepKind::kExec:
      return "execute";
  }
  CheckFailed("plan: unknown step");
}

int RankOf(StepKind kind) {
  switch (kind) {
    case StepKind::kDirectory:
    case StepKind::kFile:
    case StepKind::kSymlink:
    case StepKind::kBind:
    case StepKind::kScratch:
    case StepKind::kProc:
    case StepKind::kLabelProc:
    case StepKind::kPts:
      return static_cast<int>(StepKind::kDirectory);
    case StepKind::kNewSession:
    case StepKind::kNewKeyring:
    case StepKind::kHostname:
    case StepKind::kPrivateMounts:
    case StepKind::kRoot:
    case StepKind::kNotify:
    case StepKind::kSealRoot:
    case StepKind::kPivot:
    case StepKind::kLoopback:
    case StepKind::kVerifyView:
    case StepKind::kTerminal:
    case StepKind::kUndumpable:
    case StepKind::kDropCapabilities:
    case StepKind::kNoNewPrivileges:
    case StepKind::kVerifyInit:
    case StepKind::kOwnSession:
    case StepKind::kControllingTerminal:
    case StepKind::kWorkingDirectory:
    case StepKind::kLimit:
    case StepKind::kLabel:
    case StepKind::kLandlockPath:
    case StepKind::kLandlock:
    case StepKind::kSeccomp:
    case StepKind::kVerifyWorkload:
    case StepKind::kExec:
      return static_cast<int>(kind);
  }
  CheckFailed("plan: unknown step");
}

bool IsWorkloads(StepKind kind) {
  return RankOf(kind) >= RankOf(StepKind::kOwnSession);
}

std::vector<std::string> StubArguments(const Facts& facts,
                                       const std::string& program) {
  const bool by_selinux = !facts.selinux.label.empty();
  if (!by_selinux && facts.apparmor.profile.empty()) return {};
  return {model::kStubPath, std::to_string(sys::stub::kReport),
          by_selinux ? kSelinuxCurrentAttribute : kCurrentAttribute,
          by_selinux ? facts.selinux.label : facts.apparmor.profile, program};
}

std::string Describe(const Step& step) {
  std::string line(NameOf(step.kind));
  if (step.kind == StepKind::kExec) return line + " " + Printable(step.text);
  if (step.kind == StepKind::kLabel) return line + " " + Printable(step.text);
  if (!step.path.empty()) line += " " + Printable(step.path);
  if (step.kind == StepKind::kBind && step.text != step.path) {
    line += " from " + Printable(step.text);
  }
  return line;
}

Plan MakePlan(const bundle::Bundle& bundle,
              const std::vector<HostSource>& sources, const Facts& facts) {
  return PlanMaker(bundle, sources).Make(facts);
}

}  // namespace ringfence::launch
