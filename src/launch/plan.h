// The plan of a launch: every step between clone3 and execve, as data.
//
//   Plan plan = MakePlan(bundle, sources, host);
//   // docs/launch-order.md says what each step is for, in this order.
//
// MakePlan decides everything and touches nothing; the interpreters (steps.h,
// workload.h) decide nothing. All strings a step needs are laid out here,
// because after the clone nothing may be allocated.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bundle/bundle.h"
#include "launch/apparmor.h"
#include "launch/cgroup.h"
#include "launch/selinux.h"
#include "launch/terminal.h"

namespace ringfence::launch {

enum class StepKind : uint8_t {
  // By init, pid 1 of the sandbox, which holds every capability in it.
  kNewSession,  // no controlling terminal, a process group of its own
  kNewKeyring,
  kHostname,       // text
  kPrivateMounts,  // nothing propagates from or to the host
  kLoopback,
  kRoot,  // an empty tmpfs that will be the root; from here on ids are mapped
  // The view, in mount order; these share one rank.
  kDirectory,         // path, mode
  kFile,              // path, mode, text
  kSymlink,           // path, text
  kBind,              // path, text (host path), object, attributes
  kScratch,           // path, mode, text (size in bytes), attributes
  kProc,              // path; user namespaces inside are switched off by it
  kLabelProc,         // a second procfs that nobody sees, to select a label by
  kPts,               // path
  kNotify,            // path: a socket for sd_notify(3), for the supervisor
  kSealRoot,          // the root becomes read-only
  kPivot,             // the host's tree is gone
  kVerifyView,        // what is mounted is what was asked for
  kTerminal,          // one of the sandbox's own; the supervisor has its master
  kUndumpable,        // init cannot be traced or robbed of descriptors
  kDropCapabilities,  // value: mask of those kept
  kNoNewPrivileges,
  kVerifyInit,  // ids, capabilities, namespaces as promised
  // By the workload's own process, before its program.
  kOwnSession,  // kill(0) inside reaches nobody but the workload
  kControllingTerminal,
  kWorkingDirectory,  // path
  kLimit,             // resource, value
  kLabel,             // path in procfs, text: what is written there
  kLandlockPath,      // path, attributes: the rights
  kLandlock,          // takes effect, and is probed
  kSeccomp,
  kVerifyWorkload,  // filter, capabilities, ids, limits as promised
  kExec,  // text: the program; path: the stub that goes before it, if one does
};

// What a step of that kind is called in messages: "mount /usr".
[[nodiscard]] std::string_view NameOf(StepKind kind);
// Steps of a plan stand in non-decreasing rank.
[[nodiscard]] int RankOf(StepKind kind);
[[nodiscard]] bool IsWorkloads(StepKind kind);

// A file system object as stat(2) tells it.
struct Object {
  uint64_t device = 0;
  uint64_t inode = 0;
  bool is_directory = false;
  bool operator==(const Object&) const = default;
};

struct Step {
  StepKind kind = StepKind::kNewSession;
  std::string path;  // inside the sandbox, absolute
  std::string text;
  Object object;
  uint64_t attributes = 0;
  uint64_t value = 0;
  uint32_t resource = 0;
  uint32_t mode = 0;
  bool operator==(const Step&) const = default;
};

// What stands behind each entry of Bundle::view on this host, in its order.
struct HostSource {
  bool present = false;
  std::string path;  // canonical: no symbolic link in it
  Object object;
};

struct Facts {
  uint32_t landlock_abi = 0;
  AppArmor apparmor = {};
  Selinux selinux = {};
  CgroupFacts cgroup = {};
  TerminalUse terminal = TerminalUse::kNone;
  bool notify = false;  // somebody waits for sd_notify(3)
};

// Where the workload finds that socket. /dev is made by Ringfence, so that it
// is in the way of nothing that a workload is shown.
inline constexpr char kNotifyPath[] = "/dev/notify";

struct Plan {
  std::vector<Step> steps;
};

[[nodiscard]] Plan MakePlan(const bundle::Bundle& bundle,
                            const std::vector<HostSource>& sources,
                            const Facts& facts);

// What goes before the workload's command where a label is selected: the stub,
// what it is to compare, and the program; empty where none is.
[[nodiscard]] std::vector<std::string> StubArguments(
    const Facts& facts, const std::string& program);

// One line a step, for people and golden files.
[[nodiscard]] std::string Describe(const Step& step);

}  // namespace ringfence::launch
