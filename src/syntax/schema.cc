#include "syntax/schema.h"

#include "syntax/schema_types.h"

namespace ringfence::syntax {
namespace types {
namespace {

// Parts that levels and workloads share.
constexpr Field kUserFields[] = {
    {"uid", &kId, false, "user id inside the sandbox; never 0"},
    {"gid", &kId, false, "group id inside the sandbox; never 0"},
    {"ids", &kIdSource, false,
     "single: one id, mapped to the caller's; subordinate: a range from "
     "/etc/subuid"},
};
constexpr Type kUser = MappingOf(kUserFields, "`user`");

constexpr Field kMemoryFields[] = {
    {"max", &kSize, false, "bytes"},
    {"if_available", &kBoolean, false,
     "true: no refusal where no cgroup v2 can enforce it"},
};
constexpr Type kMemory = EitherOf(kSize, kMemoryFields, "`memory`");
constexpr Field kCpuFields[] = {
    {"max", &kCpu, false, "cores"},
    {"if_available", &kBoolean, false,
     "true: no refusal where no cgroup v2 can enforce it"},
};
constexpr Type kCpuLimit = EitherOf(kCpu, kCpuFields, "`cpu`");
constexpr Field kDiskFields[] = {
    {"max", &kSize, false, "bytes a second"},
    {"if_available", &kBoolean, false,
     "true: no refusal where no cgroup v2 can enforce it"},
};
constexpr Type kDisk = EitherOf(kSize, kDiskFields, "a limit on disks");
constexpr Field kLimitFields[] = {
    {"processes", &kProcesses, false, "processes and threads together"},
    {"open_files", &kOpenFiles, false, "descriptors of one process"},
    {"memory", &kMemory, false, "memory of all processes together"},
    {"cpu", &kCpuLimit, false, "cores that all processes together may use"},
    {"disk_read", &kDisk, false, "bytes a second read from each disk"},
    {"disk_write", &kDisk, false, "bytes a second written to each disk"},
};
constexpr Type kLimits = MappingOf(kLimitFields, "`limits`");

// TrustLevel.
constexpr Field kCeilingFields[] = {
    {"may_read", &kSubtrees, false, "subtrees that may be shown for reading"},
    {"may_write", &kSubtrees, false,
     "subtrees that may be shown for reading and writing"},
    {"may_execute", &kSubtrees, false,
     "subtrees whose programs may be executed"},
};
constexpr Type kCeilings = MappingOf(kCeilingFields, "`filesystem`");

constexpr Field kLevelNetworkFields[] = {
    {"modes", &kModes, false, "the network modes a workload may ask for"},
};
constexpr Type kLevelNetwork = MappingOf(kLevelNetworkFields, "`network`");

constexpr Field kMandatoryAccessFields[] = {
    {"any_of", &kModuleList, true,
     "modules of which one must confine the workload"},
};
constexpr Type kMandatoryAccess =
    MappingOf(kMandatoryAccessFields, "`mandatory_access`");

constexpr Field kRuleFields[] = {
    {"syscall", &kSyscall, true, "the call"},
    {"when", &kTests, false, "allowed while all of these hold"},
    {"unless", &kTests, false, "not allowed while all of these hold"},
    {"answer", &kDenial, false, "how the call is denied; default: `denied`"},
    {"arch", &kArch, false, "the only architecture that has the call"},
};
constexpr Type kRule = MappingOf(kRuleFields, "a rule");
constexpr Type kRules = ListOf(kRule, "a list of rules");

constexpr Field kDangerousFields[] = {
    {"syscall", &kSyscall, true, "a call of the dangerous list, now allowed"},
    {"reason", &kSentence, true, "why the level needs it"},
    {"owner", &kSentence, true, "who answers for it"},
    {"review_by", &kDate, true, "when it must be looked at again"},
};
constexpr Type kDangerousCall =
    MappingOf(kDangerousFields, "an entry of dangerous");
constexpr Type kDangerous = ListOf(kDangerousCall, "a list of entries");

constexpr Type kByErrno{.kind = Kind::kTable,
                        .what = "lists of system calls by errno",
                        .element = &kCallList,
                        .key = &kErrno};
constexpr Field kAnswerFields[] = {
    {"explain", &kCallList, false, "denied with EPERM and a message"},
    {"quiet", &kCallList, false, "denied with EPERM, without a word"},
    {"kill", &kCallList, false, "the process is killed"},
    {"errno", &kByErrno, false, "denied with another errno, without a word"},
};
constexpr Type kAnswers = MappingOf(kAnswerFields, "`answers`");

constexpr Field kSeccompFields[] = {
    {"kernel_baseline", &kVersion, false,
     "calls newer than this kernel answer ENOSYS"},
    {"denied", &kDenial, false, "answer to a call that is not allowed"},
    {"allow", &kFilledCallList, false, "the complete list of allowed calls"},
    {"deny", &kCallList, false, "taken away from `allow`; wins"},
    {"rules", &kRules, false,
     "calls that are allowed only with certain arguments"},
    {"dangerous", &kDangerous, false, "dangerous calls, each with a reason"},
    {"answers", &kAnswers, false, "calls whose denial is answered otherwise"},
    {"log", &kCallList, false, "allowed calls that the audit log records"},
};
constexpr Type kSeccomp = MappingOf(kSeccompFields, "`seccomp`");

constexpr Field kLevelTestFields[] = {
    {"call", &kSentence, true, "socket(AF_VSOCK, SOCK_STREAM, 0)"},
    {"expect", &kSentence, true, "allow, log, kill or the name of an errno"},
};
constexpr Type kLevelTest = MappingOf(kLevelTestFields, "a test");
constexpr Type kLevelTests = ListOf(kLevelTest, "a list of tests");

constexpr Field kTrustLevelFields[] = {
    {"kind", &kKindWord, true, "TrustLevel"},
    {"name", &kName, true, "the name of the level and of its file"},
    {"extends", &kName, false, "the level that this one tightens"},
    {"colocate", &kColocate, false,
     "which running workloads may share the host"},
    {"user", &kUser, false, "ids inside the sandbox"},
    {"capabilities", &kCapabilities, false,
     "capabilities kept inside the user namespace"},
    {"filesystem", &kCeilings, false, "ceilings of what may be shown"},
    {"network", &kLevelNetwork, false, "network ceiling"},
    {"limits", &kLimits, false, "resource limits, default and ceiling"},
    {"mandatory_access", &kMandatoryAccess, false,
     "security modules that must confine the workload"},
    {"seccomp", &kSeccomp, false, "system calls"},
    {"tests", &kLevelTests, false, "calls and what they must be answered"},
};
constexpr Type kTrustLevel = MappingOf(kTrustLevelFields, "a TrustLevel");

// SyscallGroup.
constexpr Field kGroupFields[] = {
    {"kind", &kKindWord, true, "SyscallGroup"},
    {"name", &kName, true, "the name of the group and of its file"},
    {"purpose", &kSentence, true, "what the group is for, in one line"},
    {"syscalls", &kFilledCallList, true, "its calls, and groups it includes"},
};
constexpr Type kSyscallGroup = MappingOf(kGroupFields, "a SyscallGroup");

// Workload.
constexpr Field kReadFields[] = {
    {"host", &kHostPath, true, "on the host; relative to the workload's file"},
    {"at", &kInsidePath, false, "inside the sandbox; default: the host path"},
    {"execute", &kBoolean, false, "true: programs there may be executed"},
};
constexpr Type kReadBind = EitherOf(kHostPath, kReadFields, "an entry of read");
constexpr Field kWriteFields[] = {
    {"host", &kHostPath, true, "on the host; relative to the workload's file"},
    {"at", &kInsidePath, false, "inside the sandbox; default: the host path"},
    {"create", &kMode, false,
     "make the directory with this mode if it is missing"},
    {"execute", &kBoolean, false, "true: programs there may be executed"},
};
constexpr Type kWriteBind =
    EitherOf(kHostPath, kWriteFields, "an entry of write");
constexpr Field kScratchFields[] = {
    {"at", &kInsidePath, true, "inside the sandbox"},
    {"size", &kSize, false, "how much it holds; default: 64Mi"},
};
constexpr Type kScratch =
    EitherOf(kInsidePath, kScratchFields, "an entry of scratch");
constexpr Type kReads = ListOf(kReadBind, "a list of paths");
constexpr Type kWrites = ListOf(kWriteBind, "a list of paths");
constexpr Type kScratches = ListOf(kScratch, "a list of paths");
constexpr Field kFilesystemFields[] = {
    {"read", &kReads, false, "host files shown for reading"},
    {"write", &kWrites, false, "host files shown for reading and writing"},
    {"scratch", &kScratches, false,
     "private, empty, in memory, gone at the end"},
    {"shm", &kSize, false, "size of /dev/shm; default: 64Mi"},
};
constexpr Type kFilesystem = MappingOf(kFilesystemFields, "`filesystem`");

constexpr Field kListenFields[] = {
    {"bind", &kAddress, true, "address on the host"},
    {"handover", &kHandover, false,
     "who holds the socket: relay (default), fds, nginx"},
    {"to", &kAddress, false,
     "relay: where the service listens; default: loopback, same port"},
    {"proxy_protocol", &kBoolean, false,
     "relay: true sends a PROXY v1 line first"},
};
constexpr Type kListen = MappingOf(kListenFields, "an entry of listen");
constexpr Type kListens = ListOf(kListen, "a list of sockets");
constexpr Field kNetworkFields[] = {
    {"mode", &kNetworkMode, false, "default: none"},
    {"listen", &kListens, false, "sockets that reach in, with mode listen"},
};
constexpr Type kNetwork = MappingOf(kNetworkFields, "`network`");

constexpr Field kStopFields[] = {
    {"signal", &kSignal, false, "sent first; default: SIGTERM"},
    {"grace", &kDuration, false, "then SIGKILL; default: 10s"},
};
constexpr Type kStop = MappingOf(kStopFields, "`stop`");

constexpr Type kCommand = NonEmptyListOf(kText, "a list of strings");
constexpr Type kEnvironment{.kind = Kind::kTable,
                            .what = "variables by name",
                            .element = &kText,
                            .key = &kVariable};
constexpr Field kWorkloadSeccompFields[] = {
    {"deny", &kCallList, false, "calls taken away from the level's"},
};
constexpr Type kWorkloadSeccomp =
    MappingOf(kWorkloadSeccompFields, "`seccomp`");

constexpr Field kWorkloadFields[] = {
    {"kind", &kKindWord, true, "Workload"},
    {"name", &kName, true, "unique among what runs on a host"},
    {"trust", &kName, true, "its trust level"},
    {"tenant", &kName, false, "whose it is, for colocate: same-tenant"},
    {"command", &kCommand, true, "absolute path of the program, arguments"},
    {"working_directory", &kInsidePath, false, "default: /"},
    {"filesystem", &kFilesystem, false, "what it sees besides the default"},
    {"network", &kNetwork, false, "how it meets the network"},
    {"limits", &kLimits, false, "lower limits than the level's"},
    {"stop", &kStop, false, "how it is stopped"},
    {"time_limit", &kDuration, false, "killed after this time"},
    {"environment", &kEnvironment, false, "added to PATH, HOME, USER and LANG"},
    {"seccomp", &kWorkloadSeccomp, false, "calls it can do without"},
    {"user", &kUser, false, "other ids than the level's"},
};
constexpr Type kWorkload = MappingOf(kWorkloadFields, "a Workload");

// Host.
constexpr Type kGroups = ListOf(kSentence, "a list of groups");
constexpr Type kMayStart{.kind = Kind::kTable,
                         .what = "lists of groups by level",
                         .element = &kGroups,
                         .key = &kName};
constexpr Type kKnown = ListOf(kSentence, "a list of names");
constexpr Field kForeignFields[] = {
    {"containers", &kForeignAnswer, false, "name (default) or refuse"},
    {"services", &kForeignAnswer, false, "name (default) or refuse"},
    {"known", &kKnown, false,
     "never refused; a * at the end stands for any rest"},
};
constexpr Type kForeign = MappingOf(kForeignFields, "`foreign`");
constexpr Field kHostFields[] = {
    {"kind", &kKindWord, true, "Host"},
    {"accepts", &kLevels, false, "the levels that may run; default: all"},
    {"drain", &kBoolean, false, "true: nothing new starts"},
    {"may_start", &kMayStart, false,
     "the groups that may start a level; default: everybody"},
    {"foreign", &kForeign, false, "what Ringfence did not start"},
};
constexpr Type kHost = MappingOf(kHostFields, "a Host");

// Placement.
constexpr Type kWorkloadFiles = ListOf(kHostPath, "a list of workload files");
constexpr Field kPlacedHostFields[] = {
    {"name", &kSentence, true, "unique in the file"},
    {"accepts", &kLevels, false, "the levels that may run; default: all"},
    {"workloads", &kWorkloadFiles, false, "the files of what runs there"},
    {"facts", &kHostPath, false, "what `ringfence host facts` wrote there"},
};
constexpr Type kPlacedHost = MappingOf(kPlacedHostFields, "a host");
constexpr Type kPlacedHosts = NonEmptyListOf(kPlacedHost, "a list of hosts");
constexpr Field kPlacementFields[] = {
    {"kind", &kKindWord, true, "Placement"},
    {"hosts", &kPlacedHosts, true, "the hosts, and what is meant to run there"},
    {"workloads", &kWorkloadFiles, false, "the files of what has no host yet"},
};
constexpr Type kPlacement = MappingOf(kPlacementFields, "a Placement");

constexpr KindSchema kKinds[] = {
    {"TrustLevel", &kTrustLevel, "what workloads of one level may do at most"},
    {"SyscallGroup", &kSyscallGroup, "a named set of system calls"},
    {"Workload", &kWorkload, "a program and what it needs"},
    {"Host", &kHost, "what root lets run on a host"},
    {"Placement", &kPlacement, "which workloads are meant for which hosts"},
    {"Gate", &kGate, "what profiles and workloads must be like to pass"},
    {"Waiver", &kWaiver, "one rule, waived for one file and a while"},
    {"HostFacts", &kHostFacts, "what a host can enforce for a user"},
};

}  // namespace
}  // namespace types

std::span<const KindSchema> Kinds() { return types::kKinds; }
std::span<const std::string_view> ColocateWords() {
  return types::kColocateWords;
}
std::span<const std::string_view> IdSourceWords() {
  return types::kIdSourceWords;
}
std::span<const std::string_view> NetworkModeWords() {
  return types::kModeWords;
}
std::span<const std::string_view> HandoverWords() {
  return types::kHandoverWords;
}
std::span<const std::string_view> DenialWords() { return types::kDenialWords; }
std::span<const std::string_view> SecurityModuleWords() {
  return types::kModuleWords;
}
std::span<const std::string_view> ForeignAnswerWords() {
  return types::kForeignWords;
}
std::span<const std::string_view> SeverityWords() {
  return types::kSeverityWords;
}
std::span<const std::string_view> TrialStepWords() {
  return types::kTrialWords;
}
std::span<const std::string_view> SelinuxModeWords() {
  return types::kSelinuxWords;
}
std::span<const std::string_view> ArgumentOpWords() { return types::kOpWords; }

}  // namespace ringfence::syntax
