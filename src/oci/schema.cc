#include "oci/schema.h"

#include <array>
#include <string_view>

namespace ringfence::oci {
namespace {

using syntax::Field;
using syntax::Type;
using Kind = Type::Kind;

constexpr auto kActionWords = std::to_array<std::string_view>(
    {"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL",
     "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG",
     "SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE", "SCMP_ACT_TRAP"});
constexpr auto kOperatorWords = std::to_array<std::string_view>(
    {"SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_LE", "SCMP_CMP_LT",
     "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE"});
constexpr auto kArchitectureWords = std::to_array<std::string_view>(
    {"SCMP_ARCH_AARCH64",     "SCMP_ARCH_ARM",    "SCMP_ARCH_LOONGARCH64",
     "SCMP_ARCH_M68K",        "SCMP_ARCH_MIPS",   "SCMP_ARCH_MIPS64",
     "SCMP_ARCH_MIPS64N32",   "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64",
     "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64",
     "SCMP_ARCH_PPC",         "SCMP_ARCH_PPC64",  "SCMP_ARCH_PPC64LE",
     "SCMP_ARCH_RISCV64",     "SCMP_ARCH_S390",   "SCMP_ARCH_S390X",
     "SCMP_ARCH_SH",          "SCMP_ARCH_SHEB",   "SCMP_ARCH_X32",
     "SCMP_ARCH_X86",         "SCMP_ARCH_X86_64"});
// mips3l64n32 is in Docker's own default profile where mipsel64n32 is meant.
constexpr auto kMachineWords = std::to_array<std::string_view>(
    {"amd64",     "arm",    "arm64",    "loong64",     "mips",        "mips64",
     "mips64n32", "mipsel", "mipsel64", "mipsel64n32", "mips3l64n32", "parisc",
     "parisc64",  "ppc",    "ppc64",    "ppc64le",     "riscv64",     "s390",
     "s390x",     "x32",    "x86"});
constexpr auto kFlagWords = std::to_array<std::string_view>(
    {"SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
     "SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"});

constexpr Type Word(std::string_view what,
                    std::span<const std::string_view> words) {
  return {.kind = Kind::kWord, .what = what, .words = words};
}
constexpr Type Number(std::string_view what, uint64_t most) {
  return {.kind = Kind::kNumber, .what = what, .least = 0, .most = most};
}
constexpr Type ListOf(const Type& element, std::string_view what) {
  return {.kind = Kind::kList, .what = what, .element = &element};
}
constexpr Type MappingOf(std::span<const Field> fields, std::string_view what) {
  return {.kind = Kind::kMapping, .what = what, .fields = fields};
}

constexpr Type kAction = Word("an action such as SCMP_ACT_ERRNO", kActionWords);
constexpr Type kOperator =
    Word("an operator such as SCMP_CMP_EQ", kOperatorWords);
constexpr Type kArchitecture =
    Word("an architecture such as SCMP_ARCH_X86_64", kArchitectureWords);
constexpr Type kMachine = Word("an architecture such as amd64", kMachineWords);
constexpr Type kFlag = Word("a flag of seccomp(2)", kFlagWords);
constexpr Type kAnyText = {.kind = Kind::kText, .what = "a string"};
constexpr Type kSomeText = {
    .kind = Kind::kText, .what = "a string", .may_be_empty = false};
// The kernel cuts a larger errno to this one.
constexpr Type kErrno = Number("an errno, 0 to 4095", 4095);
constexpr Type kIndex = Number("an argument, 0 to 5", 5);
constexpr Type kWide = Number("a number of 64 bits", UINT64_MAX);

constexpr Type kTexts = ListOf(kAnyText, "a list of strings");
constexpr Type kNames = ListOf(kSomeText, "a list of system calls");
constexpr Type kArchitectures =
    ListOf(kArchitecture, "a list of architectures");
constexpr Type kMachines = ListOf(kMachine, "a list of architectures");
constexpr Type kFlags = ListOf(kFlag, "a list of flags");

constexpr auto kArgumentFields = std::to_array<Field>(
    {{"index", &kIndex, true, "which argument, 0 to 5"},
     {"value", &kWide, true, "what it is compared with, or the mask"},
     {"valueTwo", &kWide, false, "what the masked argument is compared with"},
     {"op", &kOperator, true, "how it is compared"}});
constexpr Type kArgument = MappingOf(kArgumentFields, "an argument");
constexpr Type kArguments = ListOf(kArgument, "a list of arguments");

constexpr auto kFilterFields = std::to_array<Field>(
    {{"arches", &kMachines, false, "architectures"},
     {"caps", &kTexts, false, "capabilities of the container"},
     {"minKernel", &kAnyText, false, "a kernel release such as 4.8"}});
constexpr Type kFilter = MappingOf(kFilterFields, "a choice of hosts");

constexpr auto kCallFields = std::to_array<Field>(
    {{"names", &kNames, false, "the system calls"},
     {"name", &kSomeText, false, "one system call"},
     {"action", &kAction, true, "what is answered"},
     {"errnoRet", &kErrno, false, "the errno as a number"},
     {"errno", &kAnyText, false, "the errno by name"},
     {"args", &kArguments, false, "what the arguments must be"},
     {"comment", &kAnyText, false, "for people"},
     {"includes", &kFilter, false, "only on these hosts"},
     {"excludes", &kFilter, false, "not on these hosts"}});
constexpr Type kCall = MappingOf(kCallFields, "a rule");
constexpr Type kCalls = ListOf(kCall, "a list of rules");

constexpr auto kArchMapFields = std::to_array<Field>(
    {{"architecture", &kArchitecture, true, "of the host"},
     {"subArchitectures", &kArchitectures, false, "that it also runs"}});
constexpr Type kArchMap = MappingOf(kArchMapFields, "an architecture");
constexpr Type kArchMaps = ListOf(kArchMap, "a list of architectures");

constexpr auto kProfileFields = std::to_array<Field>(
    {{"defaultAction", &kAction, true, "the answer to other calls"},
     {"defaultErrnoRet", &kErrno, false, "its errno as a number"},
     {"defaultErrno", &kAnyText, false, "its errno by name"},
     {"architectures", &kArchitectures, false, "that are filtered"},
     {"archMap", &kArchMaps, false, "that are filtered, by host"},
     {"flags", &kFlags, false, "of seccomp(2)"},
     {"listenerPath", &kAnyText, false, "the socket of a supervisor"},
     {"listenerMetadata", &kAnyText, false, "for the supervisor"},
     {"syscalls", &kCalls, false, "the rules"}});
constexpr Type kProfile = MappingOf(kProfileFields, "a seccomp profile");

}  // namespace

const Type& ProfileType() { return kProfile; }

}  // namespace ringfence::oci
