#include "evaluate/evaluate.h"

#include <errno.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstddef>
#include <vector>

namespace ringfence::evaluate {
namespace {

using bpf::Instruction;

constexpr uint16_t kLoad = BPF_LD | BPF_W | BPF_ABS;
constexpr uint16_t kReturn = BPF_RET | BPF_K;
constexpr uint16_t kReturnA = BPF_RET | BPF_A;

constexpr SeccompData kData = {
    .nr = 41,
    .arch = 0xC000003E,
    .instruction_pointer = 0x1111111122222222,
    .args = {0x0000000100000002, 0x0000000300000004, 0x0000000500000006,
             0x0000000700000008, 0x000000090000000A, 0x0000000B0000000C}};

uint32_t Value(std::vector<Instruction> code) {
  code.push_back({kReturnA, 0, 0, 0});
  const auto raw = Evaluate(code, kData);
  EXPECT_TRUE(raw.has_value());
  return raw.value_or(0xBAD);
}

// Loads a into A and x into X, then does `code`.
uint32_t Operate(int code, uint32_t a, uint32_t x, uint32_t k = 0) {
  return Value({{BPF_LDX | BPF_IMM, 0, 0, x},
                {BPF_LD | BPF_IMM, 0, 0, a},
                {static_cast<uint16_t>(code), 0, 0, k}});
}

TEST(Evaluate, LoadsEachWord_LowHalfFirst) {
  static_assert(sizeof(seccomp_data) == 64);
  EXPECT_EQ(Value({{kLoad, 0, 0, 0}}), 41u);
  EXPECT_EQ(Value({{kLoad, 0, 0, 4}}), 0xC000003E);
  EXPECT_EQ(Value({{kLoad, 0, 0, 8}}), 0x22222222u);
  EXPECT_EQ(Value({{kLoad, 0, 0, 12}}), 0x11111111u);
  for (uint32_t arg = 0; arg < 6; ++arg) {
    EXPECT_EQ(Value({{kLoad, 0, 0, 16 + 8 * arg}}), 2 * arg + 2);
    EXPECT_EQ(Value({{kLoad, 0, 0, 20 + 8 * arg}}), 2 * arg + 1);
  }
}

TEST(Evaluate, BadLoads_AreMalformed) {
  for (const uint32_t offset : {1u, 2u, 64u, 68u, ~0u}) {
    const Instruction code[] = {{kLoad, 0, 0, offset}, {kReturnA, 0, 0, 0}};
    const auto raw = Evaluate(code, kData);
    ASSERT_FALSE(raw.has_value()) << offset;
    EXPECT_EQ(raw.error().at, 0u);
  }
}

TEST(Evaluate, ProgramThatRunsOff_IsMalformed) {
  EXPECT_FALSE(Evaluate({}, kData).has_value());
  const Instruction no_return[] = {{kLoad, 0, 0, 0}};
  EXPECT_FALSE(Evaluate(no_return, kData).has_value());
  const Instruction far[] = {{BPF_JMP | BPF_JA, 0, 0, ~0u}, {kReturn, 0, 0, 0}};
  EXPECT_FALSE(Evaluate(far, kData).has_value());
}

TEST(Evaluate, UnknownInstructions_AreMalformed) {
  constexpr uint16_t kUnknown[] = {BPF_LD | BPF_H | BPF_ABS,
                                   BPF_LD | BPF_W | BPF_IND,
                                   BPF_ALU | BPF_MOD | BPF_K,
                                   BPF_RET | BPF_X,
                                   BPF_JMP | 0x50,
                                   BPF_ALU | 0xC0,
                                   0x100 | BPF_RET};
  for (const uint16_t code : kUnknown) {
    const Instruction program[] = {{code, 0, 0, 4}, {kReturn, 0, 0, 0}};
    EXPECT_FALSE(Evaluate(program, kData).has_value()) << code;
  }
}

TEST(Evaluate, Arithmetic_Is32Bit) {
  EXPECT_EQ(Operate(BPF_ALU | BPF_ADD | BPF_X, ~0u, 2), 1u);
  EXPECT_EQ(Operate(BPF_ALU | BPF_ADD | BPF_K, 3, 9, 4), 7u);
  EXPECT_EQ(Operate(BPF_ALU | BPF_SUB | BPF_X, 1, 2), ~0u);
  EXPECT_EQ(Operate(BPF_ALU | BPF_MUL | BPF_X, 0x80000001, 2), 2u);
  EXPECT_EQ(Operate(BPF_ALU | BPF_DIV | BPF_K, 0x80000000, 0, 2), 0x40000000u);
  EXPECT_EQ(Operate(BPF_ALU | BPF_AND | BPF_X, 0xF0F0, 0xFF00), 0xF000u);
  EXPECT_EQ(Operate(BPF_ALU | BPF_OR | BPF_K, 0xF0, 0, 0x0F), 0xFFu);
  EXPECT_EQ(Operate(BPF_ALU | BPF_XOR | BPF_X, 0xFF, 0x0F), 0xF0u);
  EXPECT_EQ(Operate(BPF_ALU | BPF_LSH | BPF_K, 1, 0, 31), 0x80000000u);
  EXPECT_EQ(Operate(BPF_ALU | BPF_RSH | BPF_K, 0x80000000, 0, 31), 1u);
  EXPECT_EQ(Operate(BPF_ALU | BPF_LSH | BPF_X, 1, 33), 2u);
  EXPECT_EQ(Operate(BPF_ALU | BPF_NEG, 1, 0), ~0u);
}

// The translation to eBPF ends the program; 0 is SECCOMP_RET_KILL_THREAD.
TEST(Evaluate, DivisionByAZeroRegister_Returns0) {
  const Instruction code[] = {{BPF_LD | BPF_IMM, 0, 0, 5},
                              {BPF_ALU | BPF_DIV | BPF_X, 0, 0, 0},
                              {kReturn, 0, 0, SECCOMP_RET_ALLOW}};
  EXPECT_EQ(Evaluate(code, kData), uint32_t{SECCOMP_RET_KILL_THREAD});
}

TEST(Evaluate, MovesBetweenRegistersAndScratch) {
  EXPECT_EQ(Operate(BPF_MISC | BPF_TXA, 1, 2), 2u);
  EXPECT_EQ(Value({{BPF_LD | BPF_IMM, 0, 0, 7},
                   {BPF_ST, 0, 0, 15},
                   {BPF_LD | BPF_IMM, 0, 0, 0},
                   {BPF_LD | BPF_MEM, 0, 0, 15}}),
            7u);
  EXPECT_EQ(Value({{BPF_LD | BPF_IMM, 0, 0, 7},
                   {BPF_MISC | BPF_TAX, 0, 0, 0},
                   {BPF_STX, 0, 0, 1},
                   {BPF_LDX | BPF_IMM, 0, 0, 0},
                   {BPF_LDX | BPF_MEM, 0, 0, 1},
                   {BPF_MISC | BPF_TXA, 0, 0, 0}}),
            7u);
  EXPECT_EQ(Value({{BPF_LD | BPF_W | BPF_LEN, 0, 0, 0}}), 64u);
}

TEST(Evaluate, Jumps_GoWhereTheySay) {
  const auto taken = [](int code, uint32_t a, uint32_t k) {
    const Instruction program[] = {
        {BPF_LD | BPF_IMM, 0, 0, a},
        {BPF_LDX | BPF_IMM, 0, 0, k},
        {static_cast<uint16_t>(BPF_JMP | code), 1, 0, k},
        {kReturn, 0, 0, 0},
        {kReturn, 0, 0, 1}};
    return Evaluate(program, kData).value() == 1;
  };
  for (const int source : {BPF_K, BPF_X}) {
    EXPECT_TRUE(taken(BPF_JEQ | source, 5, 5));
    EXPECT_FALSE(taken(BPF_JEQ | source, 5, 6));
    EXPECT_TRUE(taken(BPF_JGT | source, 0x80000000, 0x7FFFFFFF));
    EXPECT_FALSE(taken(BPF_JGT | source, 5, 5));
    EXPECT_TRUE(taken(BPF_JGE | source, 5, 5));
    EXPECT_FALSE(taken(BPF_JGE | source, 1, 0xFFFFFFFF));
    EXPECT_TRUE(taken(BPF_JSET | source, 6, 2));
    EXPECT_FALSE(taken(BPF_JSET | source, 6, 1));
  }
}

TEST(ToAnswer, KnowsEveryActionOfTheKernel) {
  using model::Action;
  using model::Answer;
  EXPECT_EQ(ToAnswer(SECCOMP_RET_ALLOW), model::kAllowed);
  EXPECT_EQ(ToAnswer(SECCOMP_RET_ERRNO | ENOSYS),
            (Answer{Action::kQuiet, ENOSYS}));
  EXPECT_EQ(ToAnswer(SECCOMP_RET_ERRNO | 0xFFFF),
            (Answer{Action::kQuiet, 4095}));
  EXPECT_EQ(ToAnswer(SECCOMP_RET_USER_NOTIF), (Answer{Action::kExplain, 0}));
  EXPECT_EQ(ToAnswer(SECCOMP_RET_KILL_PROCESS), model::kKilled);
  EXPECT_EQ(ToAnswer(SECCOMP_RET_LOG), (Answer{Action::kLog, 0}));
  EXPECT_EQ(ToAnswer(SECCOMP_RET_KILL_THREAD),
            (Answer{Action::kKillThread, 0}));
  EXPECT_EQ(ToAnswer(SECCOMP_RET_TRAP | 3), (Answer{Action::kTrap, 0}));
  EXPECT_EQ(ToAnswer(SECCOMP_RET_TRACE | 3), (Answer{Action::kTrace, 3}));
  EXPECT_FALSE(ToAnswer(0x12340000).has_value());
}

TEST(Gives, IsExact) {
  using model::Action;
  EXPECT_TRUE(Gives(SECCOMP_RET_ALLOW, model::kAllowed));
  EXPECT_FALSE(Gives(SECCOMP_RET_ALLOW | 1, model::kAllowed));
  EXPECT_FALSE(Gives(SECCOMP_RET_LOG, model::kAllowed));
  EXPECT_TRUE(Gives(SECCOMP_RET_USER_NOTIF, {Action::kExplain, EPERM}));
  EXPECT_TRUE(Gives(SECCOMP_RET_ERRNO | EPERM, {Action::kQuiet, EPERM}));
  EXPECT_FALSE(Gives(SECCOMP_RET_ERRNO | EPERM, {Action::kQuiet, EACCES}));
  EXPECT_TRUE(Gives(SECCOMP_RET_ERRNO, {Action::kQuiet, 0}));
  EXPECT_TRUE(Gives(SECCOMP_RET_LOG, {Action::kLog, 0}));
  EXPECT_TRUE(Gives(SECCOMP_RET_USER_NOTIF, {Action::kNotify, 0}));
  EXPECT_TRUE(Gives(SECCOMP_RET_KILL_THREAD, {Action::kKillThread, 0}));
  EXPECT_TRUE(Gives(SECCOMP_RET_TRAP, {Action::kTrap, 0}));
  EXPECT_TRUE(Gives(SECCOMP_RET_TRACE | 7, {Action::kTrace, 7}));
  EXPECT_FALSE(Gives(SECCOMP_RET_TRACE | 7, {Action::kTrace, 8}));
  EXPECT_FALSE(Gives(SECCOMP_RET_KILL_THREAD, model::kKilled));
  EXPECT_TRUE(Gives(SECCOMP_RET_KILL_PROCESS, model::kKilled));
}

}  // namespace
}  // namespace ringfence::evaluate
