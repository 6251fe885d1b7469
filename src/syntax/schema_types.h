// The types that the tables of several kinds are made of.
#pragma once

#include <span>
#include <string_view>

#include "base/capabilities.h"
#include "syntax/schema.h"

namespace ringfence::syntax::types {

using Kind = Type::Kind;
using Words = std::string_view;

inline constexpr Words kColocateWords[] = {"same-level", "same-tenant",
                                           "alone"};
inline constexpr Words kIdSourceWords[] = {"single", "subordinate"};
inline constexpr Words kModeWords[] = {"none", "listen", "connect", "host"};
inline constexpr Words kHandoverWords[] = {"relay", "fds", "nginx"};
inline constexpr Words kDenialWords[] = {"explain", "quiet", "kill"};
inline constexpr Words kModuleWords[] = {"apparmor", "selinux", "landlock"};
inline constexpr Words kArchWords[] = {"x86_64", "aarch64"};
inline constexpr Words kForeignWords[] = {"name", "refuse"};
inline constexpr Words kSeverityWords[] = {"error", "warning"};
inline constexpr Words kTrialWords[] = {"done", "prepare", "clone", "map",
                                        "proc"};
inline constexpr Words kSelinuxWords[] = {"absent", "permissive", "enforcing"};
inline constexpr Words kOpWords[] = {"in",     "not_in", "eq",     "range",
                                     "all_of", "any_of", "none_of"};

// Scalars.
inline constexpr Type kText{.kind = Kind::kText, .what = "a string"};
inline constexpr Type kSentence{
    .kind = Kind::kText, .what = "a string", .may_be_empty = false};
inline constexpr Type kName{.kind = Kind::kName, .what = "a name"};
inline constexpr Type kRuleName{
    .kind = Kind::kRuleName,
    .what = "the name of a rule such as restricted/no-new-namespaces"};
inline constexpr Type kSyscall{.kind = Kind::kSyscall,
                               .what = "the name of a system call"};
inline constexpr Type kSyscallOrGroup{
    .kind = Kind::kSyscallOrGroup,
    .what = "the name of a system call or an \"@group\""};
inline constexpr Type kValue{.kind = Kind::kValue,
                             .what = "a number or a constant"};
inline constexpr Type kId{.kind = Kind::kId, .what = "an id"};
inline constexpr Type kBoolean{.kind = Kind::kBoolean, .what = "true or false"};
inline constexpr Type kSize{.kind = Kind::kSize, .what = "a size such as 64Mi"};
inline constexpr Type kDuration{.kind = Kind::kDuration,
                                .what = "a duration such as 60s"};
inline constexpr Type kCpu{.kind = Kind::kCpu, .what = "a number of cores"};
inline constexpr Type kMode{.kind = Kind::kMode,
                            .what = "a mode such as \"0700\""};
inline constexpr Type kAddress{.kind = Kind::kAddress,
                               .what = "an address such as \"127.0.0.1:8080\""};
inline constexpr Type kErrno{.kind = Kind::kErrno,
                             .what = "the name of an errno such as EACCES"};
inline constexpr Type kDenial{.kind = Kind::kDenial,
                              .what = "explain, quiet, kill or an errno"};
inline constexpr Type kSignal{.kind = Kind::kSignal,
                              .what = "the name of a signal"};
inline constexpr Type kDate{.kind = Kind::kDate, .what = "a date"};
inline constexpr Type kVersion{.kind = Kind::kVersion,
                               .what = "a kernel version such as \"6.1\""};
inline constexpr Type kInsidePath{.kind = Kind::kInsidePath,
                                  .what = "an absolute path"};
inline constexpr Type kHostPath{.kind = Kind::kHostPath, .what = "a path"};
inline constexpr Type kVariable{.kind = Kind::kVariable,
                                .what = "the name of a variable"};
// PID_MAX_LIMIT of 64-bit kernels; fs.nr_open by default.
inline constexpr Type kProcesses{.kind = Kind::kNumber,
                                 .what = "a number of processes",
                                 .least = 1,
                                 .most = 1u << 22};
inline constexpr Type kOpenFiles{.kind = Kind::kNumber,
                                 .what = "a number of descriptors",
                                 .least = 1,
                                 .most = 1u << 20};

constexpr Type Word(std::span<const Words> words, std::string_view what) {
  return {.kind = Kind::kWord, .what = what, .words = words};
}
inline constexpr Type kColocate = Word(kColocateWords, "a way to share a host");
inline constexpr Type kIdSource = Word(kIdSourceWords, "a source of ids");
inline constexpr Type kNetworkMode = Word(kModeWords, "a network mode");
inline constexpr Type kHandover =
    Word(kHandoverWords, "a way to hand a socket over");
inline constexpr Type kModule = Word(kModuleWords, "a security module");
inline constexpr Type kArch = Word(kArchWords, "an architecture");
inline constexpr Type kForeignAnswer = Word(kForeignWords, "an answer");
inline constexpr Type kCapability = Word(kCapabilityNames, "a capability");

constexpr Type ListOf(const Type& element, std::string_view what) {
  return {.kind = Kind::kList, .what = what, .element = &element};
}
constexpr Type NonEmptyListOf(const Type& element, std::string_view what) {
  return {.kind = Kind::kList,
          .what = what,
          .element = &element,
          .may_be_empty = false};
}
constexpr Type MappingOf(std::span<const Field> fields, std::string_view what) {
  return {.kind = Kind::kMapping, .what = what, .fields = fields};
}
constexpr Type EitherOf(const Type& scalar, std::span<const Field> fields,
                        std::string_view what) {
  return {.kind = Kind::kEither,
          .what = what,
          .element = &scalar,
          .fields = fields};
}

inline constexpr Type kCallList =
    ListOf(kSyscallOrGroup, "a list of system calls");
inline constexpr Type kFilledCallList =
    NonEmptyListOf(kSyscallOrGroup, "a list of system calls");
inline constexpr Type kSubtrees = ListOf(kInsidePath, "a list of paths");

inline constexpr Type kCapabilities =
    ListOf(kCapability, "a list of capabilities");
inline constexpr Type kModes = NonEmptyListOf(kNetworkMode, "a list of modes");
inline constexpr Type kModuleList =
    NonEmptyListOf(kModule, "a list of modules");
inline constexpr Type kLevels = NonEmptyListOf(kName, "a list of levels");
inline constexpr Type kKindWord{.kind = Kind::kText, .what = "a kind"};

// Tests of arguments.
inline constexpr Type kValues = NonEmptyListOf(kValue, "a list of values");
inline constexpr Field kTestFields[] = {
    {"in", &kValues, false, "equal to one of these"},
    {"not_in", &kValues, false, "equal to none of these"},
    {"eq", &kValue, false, "equal to this"},
    {"range", &kValues, false, "from the first to the second, inclusive"},
    {"all_of", &kValues, false, "all of these bits are set"},
    {"any_of", &kValues, false, "at least one of these bits is set"},
    {"none_of", &kValues, false, "none of these bits is set"},
};
inline constexpr Type kTest{.kind = Kind::kEither,
                            .what = "a test of an argument",
                            .element = &kValue,
                            .fields = kTestFields,
                            .may_be_empty = false};
inline constexpr Type kTests{.kind = Kind::kTable,
                             .what = "tests by the name of an argument",
                             .element = &kTest,
                             .key = &kText,
                             .may_be_empty = false};

// schema_gate.cc
extern const Type kGate;
extern const Type kWaiver;
// schema_facts.cc
extern const Type kHostFacts;

}  // namespace ringfence::syntax::types
