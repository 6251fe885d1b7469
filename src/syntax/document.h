// Document: a file of the language as plain values, each with its place.
//
// Everything here is still what the author wrote: names are not looked up,
// omitted keys are empty, nothing is inherited. Numbers, sizes and words are
// parsed, so holding one of these types is the proof that its text was valid.
#pragma once

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "syntax/diagnostic.h"

namespace ringfence::syntax {

template <typename T>
struct Spanned {
  T value{};
  Span span;
  bool operator==(const Spanned&) const = default;
};

using Text = Spanned<std::string>;

// A list and the place of the key that holds it.
template <typename T>
struct List {
  std::vector<T> items;
  Span span;
  bool operator==(const List&) const = default;
};

// The order of each enumeration is the order of its words in schema.cc.
enum class Colocate : uint8_t { kSameLevel, kSameTenant, kAlone };
enum class IdSource : uint8_t { kSingle, kSubordinate };
// How far a sandbox's namespaces came when they were tried.
enum class TrialStep : uint8_t { kDone, kPrepare, kClone, kMap, kProc };
enum class SelinuxMode : uint8_t { kAbsent, kPermissive, kEnforcing };
enum class NetworkMode : uint8_t { kNone, kListen, kConnect, kHost };
enum class Handover : uint8_t { kRelay, kFds, kNginx };
enum class SecurityModule : uint8_t { kApparmor, kSelinux, kLandlock };

// How a call is denied. An errno that is written in place of a word is answered
// as quietly as `quiet`.
struct Denial {
  enum class Way : uint8_t { kExplain, kQuiet, kKill };
  Way way = Way::kExplain;
  uint16_t error = EPERM;  // kKill: 0
  bool operator==(const Denial&) const = default;
};

struct User {
  std::optional<Spanned<uint32_t>> uid;  // 1..4294967294
  std::optional<Spanned<uint32_t>> gid;
  std::optional<Spanned<IdSource>> ids;
  bool operator==(const User&) const = default;
};

// `memory: 4Gi` gives `max` alone.
struct CgroupLimit {
  // Bytes, thousandths of a core, or bytes a second.
  std::optional<Spanned<uint64_t>> max;
  std::optional<Spanned<bool>> if_available;
  bool operator==(const CgroupLimit&) const = default;
};

struct Limits {
  std::optional<Spanned<uint64_t>> processes;
  std::optional<Spanned<uint64_t>> open_files;
  CgroupLimit memory;
  CgroupLimit cpu;
  CgroupLimit disk_read;
  CgroupLimit disk_write;
  bool operator==(const Limits&) const = default;
};

struct KernelVersion {
  uint16_t major = 0;
  uint16_t minor = 0;
  auto operator<=>(const KernelVersion&) const = default;
};

// `family: {in: [AF_UNIX]}`. Values are numbers or constants, still as text.
struct ArgumentTest {
  enum class Op : uint8_t { kIn, kNotIn, kEq, kRange, kAllOf, kAnyOf, kNoneOf };
  Text argument;
  Op op = Op::kEq;
  std::vector<Text> values;
  bool operator==(const ArgumentTest&) const = default;
};

struct Rule {
  Text syscall;
  std::vector<ArgumentTest> when;    // all must hold
  std::vector<ArgumentTest> unless;  // not all may hold
  std::optional<Spanned<Denial>> answer;
  std::optional<Text> arch;  // where alone the call exists
  bool operator==(const Rule&) const = default;
};

struct Date {
  uint16_t year = 0;
  uint8_t month = 0;
  uint8_t day = 0;
  auto operator<=>(const Date&) const = default;
};

struct DangerousCall {
  Text syscall;
  Text reason;
  Text owner;
  Spanned<Date> review_by;
  bool operator==(const DangerousCall&) const = default;
};

// Calls whose denial is answered otherwise than `denied` says.
struct Answers {
  std::vector<Text> explain;
  std::vector<Text> quiet;
  std::vector<Text> kill;
  struct WithErrno {
    Spanned<uint16_t> error;
    std::vector<Text> calls;
    bool operator==(const WithErrno&) const = default;
  };
  std::vector<WithErrno> with_errno;
  bool operator==(const Answers&) const = default;
};

struct Seccomp {
  std::optional<Spanned<KernelVersion>> kernel_baseline;
  std::optional<Spanned<Denial>> denied;
  std::optional<List<Text>> allow;  // call names and "@groups"
  std::vector<Text> deny;
  std::vector<Rule> rules;
  std::optional<List<DangerousCall>> dangerous;
  Answers answers;
  std::vector<Text> log;  // allowed calls
  bool operator==(const Seccomp&) const = default;
};

struct Ceilings {
  std::optional<List<Text>> may_read;
  std::optional<List<Text>> may_write;
  std::optional<List<Text>> may_execute;
  bool operator==(const Ceilings&) const = default;
};

struct LevelTest {
  Text call;    // "socket(AF_VSOCK, SOCK_STREAM, 0)"
  Text expect;  // allow, log, kill or the name of an errno
  bool operator==(const LevelTest&) const = default;
};

struct TrustLevel {
  Text name;
  std::optional<Text> extends;
  std::optional<Spanned<Colocate>> colocate;
  User user;
  std::optional<List<Text>> capabilities;
  Ceilings filesystem;
  std::optional<List<Spanned<NetworkMode>>> modes;
  Limits limits;
  std::optional<List<Spanned<SecurityModule>>> any_of;
  Seccomp seccomp;
  std::vector<LevelTest> tests;
  bool operator==(const TrustLevel&) const = default;
};

struct SyscallGroup {
  Text name;
  Text purpose;
  std::vector<Text> syscalls;  // call names and "@groups"
  bool operator==(const SyscallGroup&) const = default;
};

// An entry of filesystem.read or filesystem.write. `/srv/www` gives `host`
// alone.
struct Bind {
  Text host;
  std::optional<Text> at;
  std::optional<Spanned<uint32_t>> create;  // a mode
  std::optional<Spanned<bool>> execute;
  bool operator==(const Bind&) const = default;
};

// An entry of filesystem.scratch. `/run/pg` gives `at` alone.
struct Scratch {
  Text at;
  std::optional<Spanned<uint64_t>> size;  // bytes
  bool operator==(const Scratch&) const = default;
};

struct Filesystem {
  std::vector<Bind> read;
  std::vector<Bind> write;
  std::vector<Scratch> scratch;
  std::optional<Spanned<uint64_t>> shm;  // bytes
  bool operator==(const Filesystem&) const = default;
};

struct Address {
  bool ipv6 = false;
  std::string host;   // numeric, in its shortest form
  uint16_t port = 0;  // 1..65535
  bool operator==(const Address&) const = default;
};

struct Listen {
  Spanned<Address> bind;
  std::optional<Spanned<Handover>> handover;
  std::optional<Spanned<Address>> to;
  std::optional<Spanned<bool>> proxy_protocol;
  bool operator==(const Listen&) const = default;
};

struct Network {
  std::optional<Spanned<NetworkMode>> mode;
  std::optional<List<Listen>> listen;
  bool operator==(const Network&) const = default;
};

struct Stop {
  std::optional<Spanned<int>> signal;
  std::optional<Spanned<uint64_t>> grace;  // milliseconds
  bool operator==(const Stop&) const = default;
};

struct Variable {
  Text name;
  Text value;
  bool operator==(const Variable&) const = default;
};

struct Workload {
  Text name;
  Text trust;
  std::optional<Text> tenant;
  std::vector<Text> command;  // at least the program, absolute
  std::optional<Text> working_directory;
  Filesystem filesystem;
  Network network;
  Limits limits;
  Stop stop;
  std::optional<Spanned<uint64_t>> time_limit;  // milliseconds
  std::vector<Variable> environment;
  std::vector<Text> deny;  // seccomp.deny
  User user;
  bool operator==(const Workload&) const = default;
};

enum class ForeignAnswer : uint8_t { kName, kRefuse };

// One entry of `may_start`.
struct MayStart {
  Text level;
  std::vector<Text> groups;
  bool operator==(const MayStart&) const = default;
};

struct Foreign {
  std::optional<Spanned<ForeignAnswer>> containers;
  std::optional<Spanned<ForeignAnswer>> services;
  std::vector<Text> known;
  bool operator==(const Foreign&) const = default;
};

struct Host {
  std::vector<Text> accepts;
  std::optional<Spanned<bool>> drain;
  std::vector<MayStart> may_start;
  Foreign foreign;
  bool operator==(const Host&) const = default;
};

// What `ringfence host facts` writes of a host and a user there.
struct HostFacts {
  Text host;
  Text kernel;
  Text architecture;
  Text user;
  Spanned<uint64_t> uid;
  struct Namespaces {
    Spanned<TrialStep> failed;
    Spanned<uint64_t> error;  // an errno; 0: none
    std::optional<Spanned<uint64_t>> maximum;
    std::optional<Spanned<uint64_t>> debian_clone;
    std::optional<Spanned<uint64_t>> apparmor_restrict;
    Span span;
    bool operator==(const Namespaces&) const = default;
  } namespaces;
  struct Seccomp {
    Spanned<bool> notification;
    Spanned<bool> wait_killable;
    Span span;
    bool operator==(const Seccomp&) const = default;
  } seccomp;
  Spanned<uint64_t> landlock_abi;
  struct AppArmor {
    Spanned<bool> enabled;
    std::vector<Text> levels;  // whose profile is loaded
    bool operator==(const AppArmor&) const = default;
  } apparmor;
  Spanned<SelinuxMode> selinux;
  struct Cgroup {
    Spanned<bool> unified;
    Text path;
    Spanned<bool> writable;
    Spanned<bool> delegated;
    Spanned<bool> alone;
    std::vector<Text> controllers;
    Spanned<bool> systemd;
    Spanned<bool> manager;
    std::vector<Text> manager_controllers;
    bool operator==(const Cgroup&) const = default;
  } cgroup;
  struct Subordinate {
    Spanned<bool> uids;
    Spanned<bool> gids;
    Spanned<bool> programs;
    bool operator==(const Subordinate&) const = default;
  } subordinate_ids;
  struct ResourceLimits {  // hard ones; kUnlimited (quantity.h): none
    Spanned<uint64_t> open_files;
    Spanned<uint64_t> processes;
    Spanned<uint64_t> core;
    bool operator==(const ResourceLimits&) const = default;
  } resource_limits;
  std::vector<Text> powerful_groups;
  bool operator==(const HostFacts&) const = default;
};

struct PlacedHost {
  Text name;
  std::vector<Text> accepts;
  std::vector<Text> workloads;  // paths, relative to the file's folder
  std::optional<Text> facts;    // path of a HostFacts, likewise
  bool operator==(const PlacedHost&) const = default;
};

struct Placement {
  std::vector<PlacedHost> hosts;
  std::vector<Text> workloads;
  bool operator==(const Placement&) const = default;
};

enum class Severity : uint8_t { kError, kWarning };

// `requires`: what is there is bounded.
struct Requirements {
  std::optional<List<Text>> capabilities;           // a subset of these
  std::optional<List<Spanned<Colocate>>> colocate;  // one of these
  std::optional<List<Text>> may_read;               // inside these subtrees
  std::optional<List<Text>> may_write;
  std::optional<List<Text>> may_execute;
  std::optional<List<Spanned<NetworkMode>>> modes;  // a subset of these
  std::optional<Spanned<uint64_t>> processes;       // at most
  std::optional<Spanned<uint64_t>> open_files;
  std::optional<Spanned<uint64_t>> memory;     // bytes
  std::optional<Spanned<uint64_t>> cpu;        // thousandths of a core
  std::optional<Spanned<uint64_t>> disk_read;  // bytes a second
  std::optional<Spanned<uint64_t>> disk_write;
  std::optional<List<Spanned<SecurityModule>>> any_of;  // a subset of these
  bool operator==(const Requirements&) const = default;
};

struct NeverAllows {
  std::optional<Text> syscall;
  std::vector<Text> syscalls;  // call names and "@groups"
  std::vector<ArgumentTest> when;
  std::vector<ArgumentTest> unless;
  Span span;
  bool operator==(const NeverAllows&) const = default;
};

struct GateRule {
  Text id;
  Spanned<Severity> severity;
  Text reason;
  std::vector<Text> controls;
  // Of these exactly one, which resolving sees to.
  std::optional<Requirements> requirements;
  std::optional<NeverAllows> never_allows;
  std::optional<Text> at_most;               // a level
  std::optional<Text> must_allow;            // a call
  std::optional<Spanned<uint64_t>> max_age;  // days
  bool operator==(const GateRule&) const = default;
};

struct Gate {
  Text name;
  std::vector<Text> levels;  // empty: all
  std::vector<GateRule> rules;
  bool operator==(const Gate&) const = default;
};

struct Waiver {
  Text rule;     // GATE/ID
  Text subject;  // a path, relative to the parent of the folder of policies
  Text reason;
  Text owner;
  Text ticket;
  Spanned<Date> expires;
  bool operator==(const Waiver&) const = default;
};

struct Document {
  std::string file;  // as spans name it
  std::string text;  // the whole of it
  Span kind;         // the place of `kind:`
  std::variant<TrustLevel, SyscallGroup, Workload, Host, Placement, Gate,
               Waiver, HostFacts>
      content;
  bool operator==(const Document&) const = default;
};

}  // namespace ringfence::syntax
