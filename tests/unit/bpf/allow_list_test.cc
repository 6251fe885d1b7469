#include "bpf/allow_list.h"

#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <array>
#include <cstring>
#include <vector>

namespace ringfence::bpf {
namespace {

// What the kernel answers, for the three kinds of instruction that occur
// (kernel/seccomp.c). Anything else ends the test.
uint32_t Run(const Program& program, const seccomp_data& data) {
  uint32_t accumulator = 0;
  for (size_t at = 0; at < program.code().size(); ++at) {
    const Instruction& instruction = program.code()[at];
    switch (instruction.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        std::memcpy(&accumulator,
                    reinterpret_cast<const char*>(&data) + instruction.k,
                    sizeof accumulator);
        break;
      case BPF_JMP | BPF_JEQ | BPF_K:
        at += accumulator == instruction.k ? instruction.jt : instruction.jf;
        break;
      case BPF_RET | BPF_K:
        return instruction.k;
      default:
        ADD_FAILURE() << "instruction " << at << " has an odd code";
        return 0;
    }
  }
  ADD_FAILURE() << "the program does not return";
  return 0;
}

bool Allowed(const Program& program, uint32_t arch, uint32_t number,
             std::array<uint64_t, 6> args = {}) {
  seccomp_data data{};
  data.arch = arch;
  data.nr = static_cast<int>(number);
  std::copy(args.begin(), args.end(), data.args);
  const uint32_t answer = Run(program, data);
  EXPECT_TRUE(answer == SECCOMP_RET_ALLOW || answer == SECCOMP_RET_KILL_PROCESS)
      << answer;
  return answer == SECCOMP_RET_ALLOW;
}

constexpr uint32_t kX32Bit = 0x40000000;

TEST(AllowOnly, EverySubsetOfSmallNumbersAllowsItselfAndNothingElse) {
  constexpr uint32_t kNumbers = 8;
  for (uint32_t subset = 0; subset < 1u << kNumbers; ++subset) {
    std::vector<uint32_t> listed;
    for (uint32_t number = 0; number < kNumbers; ++number) {
      if ((subset >> number & 1) != 0) listed.push_back(number);
    }
    const Program program = AllowOnly(AUDIT_ARCH_X86_64, listed);
    for (uint32_t number = 0; number < kNumbers + 2; ++number) {
      const bool expected = number < kNumbers && (subset >> number & 1) != 0;
      EXPECT_EQ(Allowed(program, AUDIT_ARCH_X86_64, number), expected);
      EXPECT_FALSE(Allowed(program, AUDIT_ARCH_X86_64, number | kX32Bit));
      EXPECT_FALSE(Allowed(program, AUDIT_ARCH_X86_64, number | 0x80000000));
      EXPECT_FALSE(Allowed(program, AUDIT_ARCH_I386, number));
      EXPECT_FALSE(Allowed(program, AUDIT_ARCH_AARCH64, number));
    }
    EXPECT_FALSE(Allowed(program, AUDIT_ARCH_X86_64, 0xffffffff));
  }
}

TEST(AllowOnly, LimitedCallLooksAtTheLowHalfOfItsArgumentOnly) {
  constexpr std::array<uint32_t, 1> kPlain = {3};
  constexpr std::array<uint32_t, 2> kValues = {2, 10};
  for (uint32_t argument = 0; argument < 6; ++argument) {
    const std::array<LimitedCall, 2> limited = {
        LimitedCall{.number = 41, .argument = argument, .values = kValues},
        LimitedCall{.number = 42, .argument = argument, .values = {}}};
    const Program program = AllowOnly(AUDIT_ARCH_AARCH64, kPlain, limited);
    EXPECT_TRUE(Allowed(program, AUDIT_ARCH_AARCH64, 3));
    for (const uint64_t high :
         {uint64_t{0}, uint64_t{1} << 32, ~uint64_t{0} << 32}) {
      for (uint64_t low = 0; low < 12; ++low) {
        // The other arguments hold a value that would be allowed.
        std::array<uint64_t, 6> args;
        args.fill(2);
        args[argument] = high | low;
        EXPECT_EQ(Allowed(program, AUDIT_ARCH_AARCH64, 41, args),
                  low == 2 || low == 10);
        EXPECT_FALSE(Allowed(program, AUDIT_ARCH_AARCH64, 42, args));
        EXPECT_FALSE(Allowed(program, AUDIT_ARCH_X86_64, 41, args));
        EXPECT_FALSE(Allowed(program, AUDIT_ARCH_AARCH64, 41 | kX32Bit, args));
      }
    }
  }
}

TEST(AllowOnly, EmptyListIsAFilterThatKillsEverything) {
  const Program program = AllowOnly(AUDIT_ARCH_X86_64, {});
  EXPECT_FALSE(program.code().empty());
  for (uint32_t number = 0; number < 1024; ++number) {
    EXPECT_FALSE(Allowed(program, AUDIT_ARCH_X86_64, number));
  }
}

TEST(AllowOnly, LongListsStayInReach) {
  std::vector<uint32_t> listed;
  for (uint32_t number = 0; number < 1000; ++number) {
    listed.push_back(number);
  }
  const Program program = AllowOnly(AUDIT_ARCH_X86_64, listed);
  EXPECT_TRUE(Allowed(program, AUDIT_ARCH_X86_64, 0));
  EXPECT_TRUE(Allowed(program, AUDIT_ARCH_X86_64, 999));
  EXPECT_FALSE(Allowed(program, AUDIT_ARCH_X86_64, 1000));
}

TEST(AllowOnlyDeath, ListsThatContradictThemselvesAreABug) {
  constexpr std::array<uint32_t, 1> kNumbers = {41};
  constexpr std::array<uint32_t, 1> kX32 = {41 | kX32Bit};
  const std::array<LimitedCall, 1> same = {LimitedCall{.number = 41}};
  const std::array<LimitedCall, 1> far = {
      LimitedCall{.number = 1, .argument = 6}};
  EXPECT_DEATH(AllowOnly(AUDIT_ARCH_X86_64, kNumbers, same), "both lists");
  EXPECT_DEATH(AllowOnly(AUDIT_ARCH_X86_64, kNumbers, far), "argument");
  EXPECT_DEATH(AllowOnly(AUDIT_ARCH_X86_64, kX32), "x32");
  const std::vector<uint32_t> endless(5000, 1);
  EXPECT_DEATH(AllowOnly(AUDIT_ARCH_X86_64, endless), "malformed");
}

}  // namespace
}  // namespace ringfence::bpf
