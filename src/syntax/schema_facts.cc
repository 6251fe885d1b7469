// The tables of the kind HostFacts.
#include "syntax/schema_types.h"

namespace ringfence::syntax::types {
namespace {

// All keys are required, and the last line is one mapping: whatever is cut off
// is missing.
constexpr Type kFactsVersion{
    .kind = Kind::kNumber,
    .what = "a version of host facts that this Ringfence reads",
    .least = 1,
    .most = 1};
constexpr Type kCount{
    .kind = Kind::kNumber, .what = "a number", .most = ~uint64_t{0}};
constexpr Type kErrorNumber{
    .kind = Kind::kNumber, .what = "an errno", .most = 4095};
constexpr Type kUserId{
    .kind = Kind::kNumber, .what = "a user id", .most = 0xFFFFFFFE};
constexpr Type kAbi{
    .kind = Kind::kNumber, .what = "a Landlock ABI", .most = 1000};
constexpr Type kTrial = Word(kTrialWords, "a step of the trial");
constexpr Type kSelinux = Word(kSelinuxWords, "a state of SELinux");
constexpr Type kWordList = ListOf(kSentence, "a list of names");

constexpr Field kNamespaceFields[] = {
    {"failed", &kTrial, true, "the step that failed; done: none"},
    {"error", &kErrorNumber, true, "its errno; 0: none"},
    {"maximum", &kCount, false, "user.max_user_namespaces"},
    {"debian_clone", &kCount, false, "kernel.unprivileged_userns_clone"},
    {"apparmor_restrict", &kCount, false,
     "kernel.apparmor_restrict_unprivileged_userns"},
};
constexpr Type kNamespaces = MappingOf(kNamespaceFields, "`namespaces`");
constexpr Field kFilterFields[] = {
    {"notification", &kBoolean, true, "the kernel has user notification"},
    {"wait_killable", &kBoolean, true, "and WAIT_KILLABLE_RECV"},
};
constexpr Type kFilters = MappingOf(kFilterFields, "`seccomp`");
constexpr Field kAppArmorFields[] = {
    {"enabled", &kBoolean, true, "AppArmor is on"},
    {"levels", &kWordList, true, "the levels whose profile is loaded"},
};
constexpr Type kAppArmor = MappingOf(kAppArmorFields, "`apparmor`");
constexpr Field kCgroupFields[] = {
    {"unified", &kBoolean, true, "/sys/fs/cgroup is a cgroup v2"},
    {"path", &kText, true, "the user's cgroup"},
    {"writable", &kBoolean, true, "the user may divide it"},
    {"delegated", &kBoolean, true, "whoever manages it has said so"},
    {"alone", &kBoolean, true, "nobody else is in it"},
    {"controllers", &kWordList, true, "controllers that it can hand on"},
    {"systemd", &kBoolean, true, "the host runs systemd"},
    {"manager", &kBoolean, true, "the user's own manager runs"},
    {"manager_controllers", &kWordList, true, "controllers that it has"},
};
constexpr Type kCgroup = MappingOf(kCgroupFields, "`cgroup`");
constexpr Field kSubordinateFields[] = {
    {"uids", &kBoolean, true, "/etc/subuid names the user"},
    {"gids", &kBoolean, true, "/etc/subgid does"},
    {"programs", &kBoolean, true, "newuidmap and newgidmap are there"},
};
constexpr Type kSubordinate =
    MappingOf(kSubordinateFields, "`subordinate_ids`");
constexpr Type kHardLimit{.kind = Kind::kLimit, .what = "a hard limit"};
constexpr Field kResourceLimitFields[] = {
    {"open_files", &kHardLimit, true, "RLIMIT_NOFILE"},
    {"processes", &kHardLimit, true, "RLIMIT_NPROC"},
    {"core", &kHardLimit, true, "RLIMIT_CORE, in bytes"},
};
constexpr Type kResourceLimits =
    MappingOf(kResourceLimitFields, "`resource_limits`");
constexpr Field kHostFactsFields[] = {
    {"kind", &kKindWord, true, "HostFacts"},
    {"version", &kFactsVersion, true, "of this kind of file: 1"},
    {"host", &kSentence, true, "the name of the host"},
    {"kernel", &kSentence, true, "its release, as uname -r tells it"},
    {"architecture", &kSentence, true, "as uname -m tells it"},
    {"user", &kSentence, true, "who asked: it is true for this user"},
    {"uid", &kUserId, true, "the id of that user"},
    {"namespaces", &kNamespaces, true, "whether a sandbox's could be made"},
    {"landlock_abi", &kAbi, true, "0: no Landlock"},
    {"apparmor", &kAppArmor, true, "AppArmor"},
    {"selinux", &kSelinux, true, "SELinux"},
    {"cgroup", &kCgroup, true, "where limits could be set"},
    {"subordinate_ids", &kSubordinate, true, "more ids than one"},
    {"resource_limits", &kResourceLimits, true,
     "that user's hard limits; where they are missing, an older version wrote "
     "the facts: write them again (ringfence host facts)"},
    {"powerful_groups", &kWordList, true,
     "groups of the user with power over the host"},
    {"seccomp", &kFilters, true, "system call filters"},
};
}  // namespace

constexpr Type kHostFacts = MappingOf(kHostFactsFields, "a HostFacts");

}  // namespace ringfence::syntax::types
