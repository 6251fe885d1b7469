#include <algorithm>
#include <array>

#include "syntax/code_entries_text.h"
#include "syntax/codes.h"

namespace ringfence::syntax {
namespace {

constexpr std::array kMeaningCodes = {
    CodeEntry{Code::kUnknownLevel, "unknown trust level",
              "No profile of this name was found. Profiles are looked for in "
              "--profiles, $RINGFENCE_PROFILES, /etc/ringfence/profiles and "
              "among the installed ones, as NAME.yaml."},
    CodeEntry{Code::kUnknownGroup, "unknown syscall group",
              "No group of this name was found. A group @NAME is the file "
              "groups/NAME.yaml beside the profiles."},
    CodeEntry{Code::kLevelCycle, "trust levels extend each other in a circle",
              "A chain of `extends` must end in a level that extends nothing. "
              "This one comes back to itself."},
    CodeEntry{Code::kGroupCycle,
              "syscall groups include each other in a circle",
              "A group may include other groups, but not itself, directly or "
              "through others."},
    CodeEntry{Code::kNameDiffersFromFile, "name differs from the file's",
              "A level or group is looked up by the name of its file, so the "
              "`name` inside must be the same. Otherwise two files could claim "
              "one name."},
    CodeEntry{Code::kWrongKindOfFile, "file of another kind",
              "The file was found, but its `kind` is not what is needed here."},
    CodeEntry{Code::kRootLacksKey, "a root level lacks a key",
              "A level that extends nothing has nobody to inherit from, so it "
              "must say everything: colocate, user, capabilities, filesystem, "
              "network, limits, mandatory_access and seccomp."},
    CodeEntry{Code::kLoosensColocate, "level loosens colocate",
              "A level may only tighten what it extends. From loose to strict: "
              "same-level, same-tenant, alone."},
    CodeEntry{Code::kLoosensCapabilities, "level adds a capability",
              "A level may only keep capabilities that the level it extends "
              "keeps."},
    CodeEntry{Code::kLoosensPaths, "level widens a ceiling",
              "Every subtree in may_read, may_write and may_execute must lie "
              "inside a subtree of the same list of the level it extends."},
    CodeEntry{Code::kLoosensNetwork, "level adds a network mode",
              "The network modes of a level must be among those of the level "
              "it extends."},
    CodeEntry{Code::kLoosensLimit, "level raises a limit",
              "A limit may only go down, and `if_available` may only become "
              "false: a level must not make optional what the level it extends "
              "requires."},
    CodeEntry{Code::kLoosensMandatoryAccess,
              "level accepts another security module",
              "mandatory_access.any_of names the modules of which one must "
              "confine the workload. A level may strike modules out, not add "
              "any."},
    CodeEntry{Code::kLoosensBaseline, "level raises kernel_baseline",
              "Calls newer than kernel_baseline do not exist for the workload. "
              "A level may name an older kernel than the level it extends, not "
              "a newer one."},
    CodeEntry{Code::kLoosensAllow,
              "level allows a call that its parent does not",
              "`allow`, `rules` and `dangerous` of a level must stay inside "
              "what the level it extends allows. Where the parent attaches "
              "conditions to a call they stay in force."},
    CodeEntry{
        Code::kLoosensAnswer, "level softens kill",
        "Where the level it extends kills, a level may not answer with "
        "an errno. explain, quiet and any errno may replace each other: all "
        "deny."},
    CodeEntry{Code::kSubordinateIds, "subordinate ids are not available",
              "`ids: subordinate` maps a range from /etc/subuid. This version "
              "maps a single id only; it refuses rather than run with fewer "
              "ids than the file asks for. Write `ids: single`."},
    CodeEntry{Code::kUnknownSyscall, "unknown system call",
              "No architecture that Ringfence knows has a system call of this "
              "name. Names are those of the kernel, not of the C library: "
              "newfstatat, not fstatat; prlimit64, not prlimit."},
    CodeEntry{Code::kUnknownArgument, "unknown argument",
              "The system call has no argument of this name. Its arguments are "
              "listed with the error."},
    CodeEntry{Code::kPointerArgument, "argument is a pointer",
              "A filter sees the address and not what it points to, and the "
              "memory can change after the check. A rule on it would promise "
              "what it cannot keep."},
    CodeEntry{Code::kUnknownConstant, "unknown constant",
              "The value is neither a number nor a constant that has the same "
              "value on every architecture."},
    CodeEntry{Code::kValueDoesNotFit, "value does not fit its argument",
              "The kernel reads 32 bits of this argument and ignores the rest. "
              "A value that needs more bits would be compared with something "
              "the kernel never sees. Negative values are taken for signed "
              "arguments only."},
    CodeEntry{Code::kBadRange, "bad range",
              "`range` takes two values, the lowest and the highest that "
              "match, in this order."},
    CodeEntry{Code::kNoBits, "flags without bits",
              "all_of, any_of and none_of test bits, and the values given here "
              "have none: the test would always or never hold. Use `eq: 0` to "
              "compare with zero."},
    CodeEntry{
        Code::kRuleWithoutCondition, "rule without a condition",
        "A rule needs `when` or `unless`, with tests that some call does not "
        "pass. A call that is allowed always belongs into `allow`."},
    CodeEntry{Code::kTwoVerdicts, "two verdicts for one call",
              "One level gives two different verdicts for the same call: "
              "allowed by name and denied by name, allowed always and allowed "
              "by a rule, a rule for a call that is denied, or two different "
              "answers. Remove one of them."},
    CodeEntry{Code::kDangerousWithoutReason, "dangerous call without a reason",
              "Calls that reach other processes, load code into the kernel or "
              "change namespaces are allowed only by an entry in `dangerous` "
              "with a reason, an owner and a date of review."},
    CodeEntry{Code::kNotDangerous, "call is not on the dangerous list",
              "`dangerous` is for the calls on Ringfence's list of dangerous "
              "calls. Others belong into `allow`; an entry here would suggest "
              "a review that nothing asks for."},
    CodeEntry{Code::kNewerThanBaseline, "call is newer than kernel_baseline",
              "The call came with a kernel newer than the level's "
              "kernel_baseline, so it is answered with ENOSYS. To name it by "
              "itself in `allow`, `rules` or `dangerous` contradicts that. "
              "Groups may contain newer calls; those are left out."},
    CodeEntry{Code::kLauncherNeeds,
              "a call that the launch needs is not allowed",
              "execve, openat, read, close and exit_group must be allowed "
              "without condition: after the filter is installed the launcher "
              "still reads back what the kernel enforces and then executes the "
              "program."},
    CodeEntry{Code::kBadCall, "bad call",
              "A call is written as `name(argument, ...)` with up to six "
              "arguments. Each is a number, a constant, or several joined by "
              "|."},
    CodeEntry{Code::kUnknownErrno, "unknown errno or expectation",
              "`expect` is allow, log, kill, or the name of an errno such as "
              "EPERM or ENOSYS; a key of `answers.errno` is such a name."},
    CodeEntry{Code::kUnenforceable, "call that no filter can deny",
              "Current kernels let uretprobe and uprobe pass whatever a filter "
              "says: the kernel itself places them into a traced program. They "
              "do nothing in a program that is not being probed. Naming them "
              "in `deny`, `rules` or `answers` would promise what nothing can "
              "keep."},
    CodeEntry{
        Code::kRuleArchitecture,
        "rule for a call that one architecture does not have",
        "A rule for `open` or `mknod` does nothing on aarch64, which has "
        "only `openat` and `mknodat`. A profile that seems to restrict "
        "something there must not compile by accident: say `arch: x86_64` "
        "in the rule, and write one for the call that both have. `allow`, "
        "`deny` and groups may name such calls as they are."},
    CodeEntry{Code::kRuleNeverHolds, "rule that never holds",
              "No call passes all tests of the rule, or none passes them and "
              "those of the levels that are extended: `eq: 1` and `eq: 2` of "
              "one argument, `all_of` under `when` of what `any_of` under "
              "`unless` takes away. It would read as a permission and permit "
              "nothing; in a gate, `never_allows` would hold of everything. "
              "Rules for one call are alternatives: write one for each case."},
    CodeEntry{Code::kAboveCeiling, "path above the level's ceiling",
              "The workload asks for a path that its trust level does not "
              "allow. Ceilings are literal subtrees of paths inside the "
              "sandbox, compared by whole components."},
    CodeEntry{Code::kAboveLimit, "limit above the level's",
              "The workload asks for more than its trust level grants, or "
              "makes optional what the level requires."},
    CodeEntry{Code::kModeNotAllowed,
              "network mode that the level does not allow",
              "The workload asks for a network mode that is not among the "
              "modes of its trust level."},
    CodeEntry{Code::kConnectNotAvailable,
              "network mode connect is not available",
              "This version has no way to let a workload reach chosen "
              "addresses only, so `mode: connect` is refused rather than "
              "granted in a wider form."},
    CodeEntry{Code::kListenWithoutMode, "sockets without mode listen",
              "`listen` names sockets, but `mode` is not listen. Nothing would "
              "be listening."},
    CodeEntry{
        Code::kModeWithoutListen, "mode listen without sockets",
        "`mode: listen` needs at least one entry in `listen`. Without sockets "
        "write `mode: none`, or leave `network` out."},
    CodeEntry{Code::kHandoverNeedsNoConnect,
              "handed-over socket could connect out",
              "With `fds` or `nginx` the workload holds a socket of the host's "
              "network. After connect(AF_UNSPEC) it could be connected "
              "anywhere; Landlock prevents that, but not for sends with "
              "MSG_FASTOPEN. So MSG_FASTOPEN must be denied in sendto, sendmsg "
              "and sendmmsg, by a rule such as `{syscall: sendto, unless: "
              "{flags: {any_of: [MSG_FASTOPEN]}}}`. Or use `handover: relay`."},
    CodeEntry{Code::kOnlyForRelay, "key is for relay only",
              "`to` and `proxy_protocol` say how the relay speaks to the "
              "service. With `fds` and `nginx` there is no relay."},
    CodeEntry{Code::kNotLoopback, "relay target is not a loopback address",
              "Inside the sandbox only the loopback interface exists: `to` "
              "must be in 127.0.0.0/8 or ::1."},
    CodeEntry{
        Code::kBoundTwice, "address bound twice",
        "Two entries of `listen` have the same address. A socket can be bound "
        "to it only once."},
    CodeEntry{Code::kHostPathRefused, "host path that is never shared",
              "The host's /run, /tmp, /dev, /proc and /sys hold sockets, "
              "devices and other programs' files. They are never shown in a "
              "sandbox, not even read-only: a read-only mount does not stop a "
              "connect to a socket. Ringfence's own ledger lies there too."},
    CodeEntry{Code::kInsidePathRefused, "place that Ringfence makes itself",
              "/, /dev, /proc and /sys of the sandbox are made by Ringfence. "
              "Nothing can be put there by a workload; for /dev/shm there is "
              "`shm`."},
    CodeEntry{
        Code::kMountedTwice, "path used twice",
        "Two entries of `filesystem` have the same path inside, and one would "
        "hide the other."},
    CodeEntry{Code::kNeedsInsidePath, "relative path without a place inside",
              "A relative host path says where the files are, not where the "
              "workload shall see them. Write {host: ./conf, at: "
              "/etc/storefront}."},
    CodeEntry{Code::kProgramNotExecutable,
              "program outside what may be executed",
              "The program of `command` does not lie below a path that the "
              "workload may execute. Only the default /usr and entries with "
              "`execute: true` are executable."},
    CodeEntry{Code::kTenantMissing, "tenant is missing",
              "The trust level shares a host with the same tenant only, so the "
              "workload must say which tenant it belongs to."},
    CodeEntry{Code::kReservedVariable, "variable is set by Ringfence",
              "LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES and NGINX tell a service "
              "which sockets it was handed. Ringfence sets them itself."},
    CodeEntry{
        Code::kHostUnknownLevel, "host names an unknown level",
        "A host's rules name a trust level that no profile defines. A "
        "misspelt level in `accepts` would keep every workload out, and "
        "one in `may_start` would let everybody in. The profiles of root "
        "are looked up in /etc/ringfence/profiles and among the installed "
        "ones."},
    CodeEntry{Code::kHostUnknownGroup, "host names an unknown group",
              "`may_start` names a group that /etc/group does not have. The "
              "rule would let nobody in, or, once somebody makes a group of "
              "that name, whoever is in it."},
    CodeEntry{Code::kHostTooMuch, "more rules than a host can hold",
              "The rules are compiled into a file of fixed size for the "
              "launcher: at most 64 levels in `accepts` and in `may_start`, 15 "
              "groups for one level, and 128 known names of 127 bytes."},
    CodeEntry{Code::kNamedTwice, "name given twice",
              "A list of names holds the same name twice. One of the two was "
              "probably meant to be another. Both places are shown."},
    CodeEntry{Code::kUnknownDeployment, "nothing that can be planned",
              "`ringfence plan` reads a Placement, a compose file with "
              "`services:`, or Kubernetes manifests with `apiVersion:` and "
              "`kind:`. This is none of them."},
    CodeEntry{Code::kTwoLevels, "two levels for one service",
              "The label `ringfence.level` (or `ringfence.tenant`) of one "
              "service stands in two places with two values. A workload has "
              "one level, and which of the two counts would be a guess."},
    CodeEntry{Code::kUnknownService, "service depends on an unknown one",
              "`depends_on` names a service that the compose file does not "
              "have. Files that are merged with others should be rendered "
              "first: docker compose config."},
    CodeEntry{Code::kServiceCycle, "services depend on each other in a circle",
              "Each of the services waits for the others, so none of them can "
              "start. Remove one of the dependencies."},
    CodeEntry{Code::kJsonSyntax, "text that is not JSON",
              "A seccomp profile for Docker, Podman or an OCI runtime is one "
              "JSON object, without comments and without anything after it."},
    CodeEntry{Code::kOciErrno, "wrong errno in a seccomp profile",
              "SCMP_ACT_ERRNO and SCMP_ACT_TRACE may say an errno, as a number "
              "(errnoRet) or by name (errno), and where both are there they "
              "must be equal. Other actions take none: the runtime "
              "specification demands an error."},
    CodeEntry{Code::kOciEither, "two keys where one is wanted",
              "A profile has `architectures` or `archMap`, and a rule has "
              "`names` or the older `name`. With both, or neither, it does not "
              "say what it means."},
    CodeEntry{Code::kOciTwoAnswers, "rules that overlap and differ",
              "Two rules with arguments can both match one call, and answer "
              "it differently. Which of them answers is decided by the order "
              "in which libseccomp sorts comparisons, not by the file, so "
              "nobody can read it from the profile."},
    CodeEntry{Code::kOciNotify, "SCMP_ACT_NOTIFY where nothing could start",
              "runc writes the descriptor of the notifications to its parent "
              "after the filter is installed. A profile that sends `write` to "
              "a supervisor, or everything, cannot be started."},
    CodeEntry{Code::kOciKernel, "minKernel is not a release",
              "`minKernel` is the oldest kernel for which a rule is, as major "
              "and minor number: 4.8. What follows a further dot is ignored."},
    CodeEntry{Code::kGapSameEffect, "another call does the same",
              "A call is restricted, and another one that has the same effect "
              "is always allowed: openat and openat2 open what open opens, "
              "pidfd_send_signal and tgkill signal whom kill signals. A "
              "program takes the one that is left."},
    CodeEntry{Code::kGapIoUring, "io_uring does it past the filter",
              "io_uring reads, writes, opens, connects and sends on behalf of "
              "the program without the system calls that a filter sees. With "
              "io_uring_setup allowed, a rule for those calls restricts "
              "nobody."},
    CodeEntry{Code::kGapTerminal, "one of two ways into a terminal",
              "TIOCSTI puts characters into the input of a terminal, as if its "
              "user had typed them. On a virtual console TIOCLINUX does so "
              "too, by pasting a selection. Denying one of them leaves the "
              "other."},
    CodeEntry{Code::kGapFastOpen, "a send that connects",
              "sendto, sendmsg and sendmmsg connect a TCP socket when the flag "
              "MSG_FASTOPEN is set. Where connect is denied they must be "
              "restricted to calls without it."},
    CodeEntry{Code::kRuleWithoutClaim,
              "rule that claims nothing, or two things",
              "A rule of a gate has exactly one of `requires`, `never_allows`, "
              "`at_most`, `must_allow` and `max_age`. Write two rules for two "
              "claims."},
    CodeEntry{Code::kRuleTwice, "two rules with one id",
              "Waivers and reports name a rule by its gate and its id, so an "
              "id stands for one rule of its gate."},
    CodeEntry{Code::kGateTwice, "two gates with one name",
              "Waivers and reports name a rule by its gate and its id, so a "
              "name stands for one gate of a folder."},
    CodeEntry{Code::kNeverNothing, "never_allows without its calls",
              "`never_allows` names one call with `syscall`, or several calls "
              "and groups with `syscalls`. Conditions on arguments, `when` and "
              "`unless`, are about one call, so they need `syscall`."},
    CodeEntry{Code::kWaivesUnknownRule, "waiver for an unknown rule",
              "A waiver names a rule as GATE/ID. No gate of the folder has "
              "this one, so the waiver would excuse nothing, or, once somebody "
              "adds a rule of that name, something nobody looked at."},
    CodeEntry{Code::kWaivesNothing, "waiver for a file that is not there",
              "`subject` is the file that a rule is waived for, relative to "
              "the folder that holds the folder of policies."},
    CodeEntry{Code::kWaivedTooLong, "waiver for more than 180 days",
              "A waiver lasts at most 180 days from today. What should last "
              "longer is no exception but a rule, and belongs into the gate."},
    CodeEntry{Code::kWaivedTwice, "two waivers for one rule and file",
              "One rule is waived twice for the same file, with two dates of "
              "expiry. Which of them counts would be a guess."},
    CodeEntry{Code::kRequirement, "requirement of a gate not met",
              "A gate bounds capabilities, paths, network modes, limits, "
              "security modules or co-location, and the file asks for more. "
              "The comparison is exact, not by sample."},
    CodeEntry{
        Code::kNeverAllowed, "call that a gate forbids is allowed",
        "It was decided by proof, for all architectures and all values of "
        "all arguments, whether the call is ever made. It is, and the "
        "call that is shown is an example that was run through the "
        "policy."},
    CodeEntry{Code::kAboveLevel, "more than the level of a gate",
              "The gate says that nothing may exceed a level. A call gets a "
              "weaker answer than that level gives it, or another layer is "
              "looser. The call that is shown was run through both."},
    CodeEntry{Code::kNotAllowed, "call that a gate needs is denied",
              "The gate names a call that services cannot do without. The file "
              "denies it, so what runs under it would break."},
    CodeEntry{Code::kReviewDue, "dangerous call whose review is due",
              "An entry of `dangerous` says when it must be looked at again. "
              "That day has passed, or lies further ahead than the gate lets "
              "it. Look at it, and write the next day."},
    CodeEntry{Code::kTestFails, "test of a level that does not hold",
              "An entry of the level's own `tests` is answered otherwise than "
              "it expects."},
    CodeEntry{Code::kLooserThanBefore, "looser than in the other revision",
              "Compared with the revision, a call gets a weaker answer or "
              "another layer is looser. Edits that change no meaning and edits "
              "that only tighten are no finding."},
    CodeEntry{Code::kWaiverExpired, "waiver that has expired",
              "The last day of the waiver has passed. Mend what it was for and "
              "remove it, or have it granted anew."},
    CodeEntry{Code::kWaiverUnused, "waiver that excuses nothing",
              "The rule that is waived holds for the file. Remove the waiver, "
              "so that it cannot excuse tomorrow what nobody saw."},
    CodeEntry{Code::kWaiverEndsSoon, "waiver that expires within 14 days",
              "The waiver still counts. After its last day the check fails, so "
              "mend what it is for before that."},
    CodeEntry{Code::kJudgedByNoGate, "file that no gate is about",
              "Every gate of the folder is about other levels. The file was "
              "checked for errors and its tests were run, nothing else."},
    CodeEntry{Code::kGateJudgesNothing, "gate that judged nothing",
              "None of the files that were checked has a level that the gate "
              "is about, so none of its rules was tried."},
    CodeEntry{Code::kNotDecided, "claim that could not be decided",
              "The solver gave up before it had proved the claim or found a "
              "call that refutes it. Nothing is taken as proved that was not."},
    CodeEntry{Code::kHostCannotEnforce, "host cannot enforce it",
              "The facts of a host (--host) say that `ringfence run` would "
              "refuse this there: a protection that the profile requires, or "
              "that every sandbox needs, is missing. The help says what would "
              "mend it on that host. Exit code 6."},
    CodeEntry{Code::kHostCutsLimit, "limit that a host cuts",
              "The facts of a host (--host) have a hard limit of the user that "
              "is lower than the one of the file. Nobody without privilege can "
              "raise it, so a launch there sets that one, and the workload has "
              "less than it was given. A warning: nothing is refused."},
};

constexpr auto kCodes = [] {
  std::array<CodeEntry, kTextCodes.size() + kMeaningCodes.size()> all{};
  std::ranges::copy(kMeaningCodes,
                    std::ranges::copy(kTextCodes, all.begin()).out);
  return all;
}();

}  // namespace

std::span<const CodeEntry> AllCodes() { return kCodes; }

}  // namespace ringfence::syntax
