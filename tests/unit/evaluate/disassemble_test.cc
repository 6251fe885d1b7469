#include "evaluate/disassemble.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

namespace ringfence::evaluate {
namespace {

std::string Name(uint32_t number) { return number == 41 ? "socket" : ""; }

TEST(Disassemble, NamesNumbersOnlyWhereTheyAreCompared) {
  const bpf::Instruction code[] = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, 4},
      {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0xC000003E},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS},
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, 0},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 5, 41},
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, 60},
      {BPF_ALU | BPF_AND | BPF_K, 0, 0, 0xFF},
      {BPF_JMP | BPF_JGT | BPF_K, 1, 0, 41},
      {BPF_JMP | BPF_JA, 0, 0, 1},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | 38},
  };
  EXPECT_EQ(Disassemble(code, Name),
            "    0  ld   arch\n"
            "    1  jeq  0xc000003e                 ? 3 : 2\n"
            "    2  ret  kill process\n"
            "    3  ld   number\n"
            "    4  jeq  41 socket                  ? 5 : 10\n"
            "    5  ld   arg5.high\n"
            "    6  and  0xff\n"
            "    7  jgt  0x29                       ? 9 : 8\n"
            "    8  jmp  10\n"
            "    9  ret  allow\n"
            "   10  ret  errno 38\n");
}

TEST(Disassemble, AfterAJoinOfDifferentLoads_NamesNothing) {
  const bpf::Instruction code[] = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, 0},
      {BPF_JMP | BPF_JSET | BPF_K, 0, 1, 1},
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, 16},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 41},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_USER_NOTIF},
  };
  EXPECT_EQ(Disassemble(code, Name),
            "    0  ld   number\n"
            "    1  jset 0x1                        ? 2 : 3\n"
            "    2  ld   arg0.low\n"
            "    3  jeq  0x29                       ? 4 : 4\n"
            "    4  ret  notify\n");
}

TEST(Disassemble, InstructionsOfOthers_AreShownAsNumbers) {
  const bpf::Instruction code[] = {
      {BPF_MISC | BPF_TAX, 0, 0, 0},
      {BPF_JMP | BPF_JEQ | BPF_X, 1, 2, 0},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_TRACE | 5},
  };
  EXPECT_EQ(Disassemble(code, Name),
            "    0  code 0x7 jt 0 jf 0 k 0\n"
            "    1  code 0x1d jt 1 jf 2 k 0\n"
            "    2  ret  trace 5\n");
}

}  // namespace
}  // namespace ringfence::evaluate
