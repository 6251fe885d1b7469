#include "resolve/syscall_table.h"

#include <gtest/gtest.h>
#include <seccomp.h>

#include <cstdlib>
#include <memory>
#include <set>
#include <string>

namespace ringfence::resolve {
namespace {

using model::kArchAarch64;
using model::kArchX86_64;
using model::Width;

std::string NameBySeccomp(uint32_t arch, uint32_t number) {
  const std::unique_ptr<char, decltype(&std::free)> name(
      seccomp_syscall_resolve_num_arch(arch, static_cast<int>(number)),
      &std::free);
  return name ? name.get() : "";
}

// libseccomp names calls that an architecture has only as an emulation of
// another one's by numbers below 0, so the sweep meets real numbers only.
void AgreesWithLibseccomp(uint32_t arch, uint32_t ours_only_from) {
  size_t compared = 0;
  for (uint32_t number = 0; number < 1024; ++number) {
    const std::string theirs = NameBySeccomp(arch, number);
    const Syscall* ours = FindSyscall(arch, number);
    if (!theirs.empty()) {
      ASSERT_NE(ours, nullptr) << number << " " << theirs;
      EXPECT_EQ(ours->name, theirs) << number;
      ++compared;
    } else if (ours != nullptr && ours->enforceable) {
      EXPECT_GE(number, ours_only_from) << ours->name;
    }
  }
  EXPECT_GT(compared, 290u);
}

TEST(SyscallTable, NamesAndNumbersOfX86_64_AreLibseccomps) {
  AgreesWithLibseccomp(SCMP_ARCH_X86_64, 450);
}

TEST(SyscallTable, NamesAndNumbersOfAarch64_AreLibseccomps) {
  AgreesWithLibseccomp(SCMP_ARCH_AARCH64, 450);
}

TEST(SyscallTable, FindsTheSameCallByNameAndByNumber) {
  for (const uint32_t arch : {kArchX86_64, kArchAarch64}) {
    std::set<std::string_view> names;
    for (const Syscall& call : Syscalls(arch)) {
      EXPECT_EQ(FindSyscall(arch, call.number), &call) << call.name;
      EXPECT_EQ(FindSyscall(arch, call.name), &call) << call.name;
      EXPECT_TRUE(names.insert(call.name).second) << call.name;
    }
  }
  EXPECT_EQ(FindSyscall(kArchX86_64, "no_such_call"), nullptr);
  EXPECT_EQ(FindSyscall(kArchX86_64, 400u), nullptr);
  EXPECT_EQ(FindSyscall(kArchX86_64, ~0u), nullptr);
}

TEST(SyscallTable, UnknownArchitecture_HasNoCalls) {
  EXPECT_TRUE(Syscalls(0x40000003).empty());
  EXPECT_EQ(FindSyscall(0x40000003, "read"), nullptr);
}

TEST(SyscallTable, CoversLinux6_19) {
  EXPECT_EQ(Syscalls(kArchX86_64).back().name, "listns");
  EXPECT_EQ(Syscalls(kArchAarch64).back().name, "listns");
  // 0..334, 335..336 and 424..470, without a hole.
  EXPECT_EQ(Syscalls(kArchX86_64).size(), 335u + 2u + 47u);
}

TEST(SyscallTable, KnowsTheKernelThatIntroducedACall) {
  const struct {
    uint32_t arch;
    std::string_view name;
    KernelVersion since;
  } kExpected[] = {
      {kArchX86_64, "read", {2, 6}},
      {kArchX86_64, "name_to_handle_at", {2, 6}},
      {kArchX86_64, "setns", {3, 0}},
      {kArchX86_64, "openat2", {5, 6}},
      {kArchX86_64, "clone3", {5, 3}},
      {kArchX86_64, "set_mempolicy_home_node", {5, 17}},
      {kArchX86_64, "cachestat", {6, 5}},
      {kArchX86_64, "fchmodat2", {6, 6}},
      {kArchX86_64, "mseal", {6, 10}},
      {kArchX86_64, "listns", {6, 19}},
      {kArchAarch64, "read", {3, 7}},
      {kArchAarch64, "setns", {3, 7}},
      {kArchAarch64, "openat2", {5, 6}},
      {kArchAarch64, "kexec_file_load", {5, 0}},
      {kArchAarch64, "map_shadow_stack", {6, 7}},
  };
  for (const auto& expected : kExpected) {
    const Syscall* call = FindSyscall(expected.arch, expected.name);
    ASSERT_NE(call, nullptr) << expected.name;
    EXPECT_EQ(call->since, expected.since) << expected.name;
  }
}

// Numbers are handed out in order, so versions only ever rise with them:
// a typing error in the history would break the order.
TEST(SyscallTable, VersionsRiseWithNumbersFrom307) {
  KernelVersion last{2, 6};
  for (const Syscall& call : Syscalls(kArchX86_64)) {
    if (call.number < 307) {
      EXPECT_EQ(call.since, (KernelVersion{2, 6})) << call.name;
      continue;
    }
    // The four that were merged in one window, and numbered out of turn.
    if (call.name == "uretprobe" || call.name == "uprobe") continue;
    if (call.name == "close_range" || call.name == "quotactl_fd") continue;
    if (call.name == "pidfd_send_signal") last = {2, 6};
    EXPECT_GE(call.since, last) << call.name;
    last = call.since;
  }
}

TEST(SyscallTable, ArgumentsHaveTheWidthTheKernelReads) {
  const struct {
    std::string_view name;
    size_t argument;
    std::string_view argument_name;
    SyscallArgument::Kind kind;
    Width width;
    bool is_signed;
    unsigned bits;
  } kExpected[] = {
      {"socket", 0, "family", SyscallArgument::Kind::kInteger, Width::kLow32,
       true, 32},
      {"ioctl", 1, "cmd", SyscallArgument::Kind::kInteger, Width::kLow32, false,
       32},
      {"ioctl", 2, "arg", SyscallArgument::Kind::kInteger, Width::kFull64,
       false, 64},
      {"personality", 0, "personality", SyscallArgument::Kind::kInteger,
       Width::kLow32, false, 32},
      {"clone", 0, "flags", SyscallArgument::Kind::kFlags, Width::kFull64,
       false, 64},
      {"unshare", 0, "flags", SyscallArgument::Kind::kFlags, Width::kFull64,
       false, 64},
      {"setns", 1, "flags", SyscallArgument::Kind::kFlags, Width::kLow32, true,
       32},
      {"ptrace", 0, "request", SyscallArgument::Kind::kInteger, Width::kFull64,
       true, 64},
      {"prctl", 0, "option", SyscallArgument::Kind::kInteger, Width::kLow32,
       true, 32},
      {"prctl", 1, "arg2", SyscallArgument::Kind::kInteger, Width::kFull64,
       false, 64},
      {"mknodat", 2, "mode", SyscallArgument::Kind::kFlags, Width::kLow32,
       false, 16},
      {"openat", 0, "dfd", SyscallArgument::Kind::kDescriptor, Width::kLow32,
       true, 32},
      {"openat", 1, "filename", SyscallArgument::Kind::kPointer, Width::kFull64,
       false, 64},
      {"read", 2, "count", SyscallArgument::Kind::kSize, Width::kFull64, false,
       64},
      {"pread64", 3, "pos", SyscallArgument::Kind::kOffset, Width::kFull64,
       true, 64},
      {"mmap", 2, "prot", SyscallArgument::Kind::kFlags, Width::kFull64, false,
       64},
      {"rt_sigaction", 1, "act", SyscallArgument::Kind::kPointer,
       Width::kFull64, false, 64},
      {"fchmodat2", 3, "flags", SyscallArgument::Kind::kFlags, Width::kLow32,
       false, 32},
  };
  for (const auto& expected : kExpected) {
    const Syscall* call = FindSyscall(kArchX86_64, expected.name);
    ASSERT_NE(call, nullptr) << expected.name;
    ASSERT_LT(expected.argument, call->arguments.size()) << expected.name;
    const SyscallArgument& argument = call->arguments[expected.argument];
    EXPECT_EQ(argument.name, expected.argument_name) << expected.name;
    EXPECT_EQ(argument.kind, expected.kind) << expected.name;
    EXPECT_EQ(argument.width, expected.width) << expected.name;
    EXPECT_EQ(argument.is_signed, expected.is_signed) << expected.name;
    EXPECT_EQ(argument.bits, expected.bits) << expected.name;
  }
}

TEST(SyscallTable, EveryArgumentIsConsistent) {
  for (const uint32_t arch : {kArchX86_64, kArchAarch64}) {
    for (const Syscall& call : Syscalls(arch)) {
      EXPECT_LE(call.arguments.size(), 6u) << call.name;
      std::set<std::string_view> names;
      for (const SyscallArgument& argument : call.arguments) {
        EXPECT_TRUE(names.insert(argument.name).second)
            << call.name << " " << argument.name;
        EXPECT_EQ(argument.width == Width::kFull64, argument.bits == 64)
            << call.name << " " << argument.name;
        if (argument.kind == SyscallArgument::Kind::kPointer) {
          EXPECT_EQ(argument.width, Width::kFull64) << call.name;
        }
      }
    }
  }
}

TEST(SyscallTable, CloneOfAarch64_HasItsOwnOrder) {
  EXPECT_EQ(FindSyscall(kArchX86_64, "clone")->arguments[3].name,
            "child_tidptr");
  EXPECT_EQ(FindSyscall(kArchAarch64, "clone")->arguments[3].name, "tls");
}

TEST(SyscallTable, OnlyTheTwoProbeCalls_CannotBeDenied) {
  for (const uint32_t arch : {kArchX86_64, kArchAarch64}) {
    for (const Syscall& call : Syscalls(arch)) {
      EXPECT_EQ(call.enforceable,
                call.name != "uretprobe" && call.name != "uprobe")
          << call.name;
    }
  }
  EXPECT_EQ(FindSyscall(kArchX86_64, 335u)->name, "uretprobe");
  EXPECT_EQ(FindSyscall(kArchX86_64, 336u)->name, "uprobe");
  EXPECT_EQ(FindSyscall(kArchAarch64, "uprobe"), nullptr);
}

}  // namespace
}  // namespace ringfence::resolve
