// What a system call is answered with, as a plain value, and what that value
// means.
//
//   SeccompPolicy policy = ...;
//   Answer a = Meaning(policy, {.number = 41, .arch = kArchX86_64,
//                               .args = {AF_VSOCK, SOCK_STREAM, 0}});
//
// Meaning() is the definition. The emitted BPF program (src/compile) and the
// kernel are held to it: one verdict table runs through all three.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "model/source.h"

namespace ringfence::model {

// AUDIT_ARCH_* of <linux/audit.h>.
inline constexpr uint32_t kArchX86_64 = 0xC000003E;
inline constexpr uint32_t kArchAarch64 = 0xC00000B7;
// On x86_64 a number with this bit is an x32 call (asm/unistd.h).
inline constexpr uint32_t kX32Bit = 0x40000000;

// One system call as seccomp sees it: struct seccomp_data without the
// instruction pointer, which no policy may look at.
struct Call {
  uint32_t number = 0;
  uint32_t arch = kArchX86_64;
  std::array<uint64_t, 6> args{};
  bool operator==(const Call&) const = default;
};

enum class Action : uint8_t {
  kAllow,
  kExplain,  // errno, and the supervisor says which line denied it
  kQuiet,    // errno, in the kernel, nothing said
  kKill,     // the whole process dies by SIGSYS
  kLog,      // allowed, and the kernel's audit log says so
  // Only in filters that others wrote (src/oci):
  kKillThread,  // the calling thread dies, the rest of the process lives on
  kTrap,        // not made; the thread gets a SIGSYS that it may handle
  kTrace,       // a tracer decides; without one it is ENOSYS
  kNotify,      // a supervisor decides; without one it is ENOSYS
};

// True for what lets the call be made by the filter alone.
constexpr bool LetsPass(Action action) {
  return action == Action::kAllow || action == Action::kLog;
}

struct Answer {
  Action action = Action::kKill;
  // kExplain: errno, 1..4095. kQuiet: errno, 0..4095; 0 tells the caller that
  // a call succeeded which was not made, and no profile of ours says that.
  // kTrace: what the tracer is told. Else 0.
  uint16_t error = 0;
  bool operator==(const Answer&) const = default;
};

inline constexpr Answer kAllowed{Action::kAllow, 0};
inline constexpr Answer kKilled{Action::kKill, 0};

// How much of an argument register the kernel reads. With kLow32 the upper
// half is ignored by the kernel, and so it is by every test (CVE-2019-10063
// is what happens otherwise).
enum class Width : uint8_t { kLow32, kFull64 };

// True when (argument & mask), cut to `width`, stands in `relation` to
// `value`; unsigned. mask and value fit in the width.
struct ArgTest {
  enum class Relation : uint8_t { kEqual, kAtLeast };
  uint8_t arg = 0;  // 0..5
  Width width = Width::kLow32;
  Relation relation = Relation::kEqual;
  uint64_t mask = ~uint64_t{0};  // kAtLeast: all ones of the width
  uint64_t value = 0;
  bool operator==(const ArgTest&) const = default;
};

// A boolean expression over argument tests. kAll of nothing is true, kAny of
// nothing is false; kNot has exactly one operand.
struct Condition {
  enum class Kind : uint8_t { kTest, kAll, kAny, kNot };
  Kind kind = Kind::kAll;
  ArgTest test;               // kTest only
  std::vector<Condition> of;  // the others
  bool operator==(const Condition&) const = default;
};

inline Condition Always() { return {Condition::Kind::kAll, {}, {}}; }
[[nodiscard]] bool Holds(const Condition& condition,
                         const std::array<uint64_t, 6>& args);

// The answer to some of the ways in which a call can be made.
struct Clause {
  Condition when;
  Answer then;
  Source source;  // the rule
  bool operator==(const Clause&) const = default;
};

// The policy for one system call number: the first clause that holds answers.
struct CallPolicy {
  uint32_t number = 0;
  std::string name;             // empty: no call has the number
  std::vector<Clause> clauses;  // none: `otherwise` always
  Answer otherwise;
  Source source;  // the line that allowed it, else the one that denied it
  bool operator==(const CallPolicy&) const = default;
};

// The policy of one architecture. `calls` is sorted by number, each number
// once; every call of the kernel baseline is listed, allowed or not.
// `unlisted` answers the rest of the number space: errno ENOSYS.
// Another architecture, and on x86_64 an x32 number, is killed.
struct SeccompPolicy {
  uint32_t arch = kArchX86_64;
  std::vector<CallPolicy> calls;
  Answer unlisted;
  bool operator==(const SeccompPolicy&) const = default;
};

// The clause that answers, or null: `otherwise` does.
[[nodiscard]] const Clause* FindClause(const CallPolicy& call,
                                       const std::array<uint64_t, 6>& args);
// True if the filter lets some way of making the call pass.
[[nodiscard]] bool MayPass(const CallPolicy& call);
[[nodiscard]] const CallPolicy* Find(const SeccompPolicy& policy,
                                     uint32_t number);
[[nodiscard]] Answer Meaning(const SeccompPolicy& policy, const Call& call);

}  // namespace ringfence::model
