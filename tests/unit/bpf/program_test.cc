#include "bpf/program.h"

#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <string>
#include <vector>

namespace ringfence::bpf {
namespace {

constexpr uint32_t kArch = AUDIT_ARCH_X86_64;
constexpr uint16_t kLoad = BPF_LD | BPF_W | BPF_ABS;
constexpr uint16_t kReturn = BPF_RET | BPF_K;
constexpr uint16_t kJumpEqual = BPF_JMP | BPF_JEQ | BPF_K;
constexpr uint16_t kJump = BPF_JMP | BPF_JA;

// The architecture check, `body`, and a return.
std::vector<Instruction> With(std::vector<Instruction> body) {
  std::vector<Instruction> code = {
      {kLoad, 0, 0, 4},
      {kJumpEqual, 1, 0, kArch},
      {kReturn, 0, 0, SECCOMP_RET_KILL_PROCESS},
  };
  code.insert(code.end(), body.begin(), body.end());
  code.push_back({kReturn, 0, 0, SECCOMP_RET_ALLOW});
  return code;
}

// "" if the program is accepted, else why not.
std::string Refusal(const std::vector<Instruction>& code) {
  const auto valid = Validate(code, kArch);
  const auto program = Program::FromInstructions(code, kArch);
  EXPECT_EQ(valid.has_value(), program.has_value());
  if (valid) return "";
  EXPECT_EQ(valid.error().at, program.error().at);
  return valid.error().why;
}

TEST(Program, ArchitectureCheckAndReturn_IsAccepted) {
  const auto code = With({});
  const auto program = Program::FromInstructions(code, kArch);
  ASSERT_TRUE(program.has_value());
  EXPECT_EQ(program->arch(), kArch);
  EXPECT_TRUE(std::equal(code.begin(), code.end(), program->code().begin(),
                         program->code().end()));
}

TEST(Program, NoInstruction_IsRefused) {
  EXPECT_EQ(Refusal({}), "the program is empty");
}

TEST(Program, UpTo4096Instructions_AreAccepted) {
  const std::vector<Instruction> load(kMaxInstructions - 4,
                                      Instruction{kLoad, 0, 0, 0});
  EXPECT_EQ(With(load).size(), 4096u);
  EXPECT_EQ(Refusal(With(load)), "");
  auto longer = load;
  longer.push_back({kLoad, 0, 0, 0});
  EXPECT_EQ(Refusal(With(longer)), "the program is too long");
}

TEST(Program, WithoutTheArchitectureFirst_IsRefused) {
  const Instruction allow{kReturn, 0, 0, SECCOMP_RET_ALLOW};
  EXPECT_EQ(Refusal({allow}), "it does not load the architecture");
  auto number_first = With({});
  number_first[0].k = 0;
  EXPECT_EQ(Refusal(number_first), "it does not load the architecture");
  EXPECT_EQ(Refusal({{kLoad, 0, 0, 4}, allow}),
            "it does not compare the architecture");
  auto other = With({});
  other[1].k = AUDIT_ARCH_AARCH64;
  EXPECT_EQ(Refusal(other), "it does not compare the architecture");
  auto at_least = With({});
  at_least[1].code = BPF_JMP | BPF_JGE | BPF_K;
  EXPECT_EQ(Refusal(at_least), "it does not compare the architecture");
}

TEST(Program, ThatDoesNotKillAnotherArchitecture_IsRefused) {
  for (const uint32_t action : {SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_THREAD,
                                SECCOMP_RET_LOG, SECCOMP_RET_ERRNO | 1}) {
    auto code = With({});
    code[2].k = action;
    EXPECT_EQ(Refusal(code), "another architecture is not killed") << action;
  }
  auto swapped = With({});
  std::swap(swapped[1].jt, swapped[1].jf);
  EXPECT_EQ(Refusal(swapped), "another architecture is not killed");
}

TEST(Program, LoadsOfSeccompData_AreAlignedAndInside) {
  for (uint32_t offset = 0; offset < 64; offset += 4) {
    EXPECT_EQ(Refusal(With({{kLoad, 0, 0, offset}})), "") << offset;
  }
  for (const uint32_t offset : {1u, 2u, 3u, 17u, 63u, 64u, 68u, ~0u, ~3u}) {
    EXPECT_NE(Refusal(With({{kLoad, 0, 0, offset}})), "") << offset;
  }
}

TEST(Program, InstructionsThatSeccompLacks_AreRefused) {
  for (const int code :
       {BPF_LD | BPF_H | BPF_ABS, BPF_LD | BPF_B | BPF_ABS,
        BPF_LD | BPF_W | BPF_IND, BPF_LDX | BPF_B | BPF_MSH,
        BPF_ALU | BPF_MOD | BPF_K, BPF_RET | BPF_X, 0x15 | 0x100, 0xFFFF}) {
    EXPECT_EQ(Refusal(With({{static_cast<uint16_t>(code), 0, 0, 0}})),
              "seccomp does not accept this instruction")
        << code;
  }
}

// kernel/seccomp.c accepts exactly these; so a wrong entry in our list is
// seen either way.
TEST(Program, TheInstructionSet_HasTheKernelsSize) {
  size_t accepted = 0;
  for (uint32_t code = 0; code <= 0xFFFF; ++code) {
    // k = 4 suits every one; the store before it makes word 4 readable.
    const auto body = With({{BPF_ST, 0, 0, 4},
                            {static_cast<uint16_t>(code), 0, 0, 4},
                            {kLoad, 0, 0, 0},
                            {kLoad, 0, 0, 0},
                            {kLoad, 0, 0, 0},
                            {kLoad, 0, 0, 0},
                            {kLoad, 0, 0, 0}});
    accepted += Refusal(body).empty();
  }
  EXPECT_EQ(accepted, 41u);
}

TEST(Program, DivisionByZeroAndWideShifts_AreRefused) {
  EXPECT_EQ(Refusal(With({{BPF_ALU | BPF_DIV | BPF_K, 0, 0, 2}})), "");
  EXPECT_EQ(Refusal(With({{BPF_ALU | BPF_DIV | BPF_K, 0, 0, 0}})),
            "a division by zero");
  constexpr uint16_t kShifts[] = {BPF_ALU | BPF_LSH | BPF_K,
                                  BPF_ALU | BPF_RSH | BPF_K};
  for (const uint16_t shift : kShifts) {
    EXPECT_EQ(Refusal(With({{shift, 0, 0, 31}})), "");
    EXPECT_EQ(Refusal(With({{shift, 0, 0, 32}})), "a shift by more than 31");
  }
}

TEST(Program, JumpsStayInside) {
  // With() leaves one return behind the body.
  EXPECT_EQ(Refusal(With({{kJump, 0, 0, 0}})), "");
  EXPECT_EQ(Refusal(With({{kJump, 0, 0, 1}})), "a jump out of the program");
  EXPECT_EQ(Refusal(With({{kJump, 0, 0, ~0u}})), "a jump out of the program");
  EXPECT_EQ(Refusal(With({{kJumpEqual, 0, 0, 5}})), "");
  EXPECT_EQ(Refusal(With({{kJumpEqual, 1, 0, 5}})),
            "a jump out of the program");
  EXPECT_EQ(Refusal(With({{kJumpEqual, 0, 1, 5}})),
            "a jump out of the program");
}

TEST(Program, EveryPathReturns) {
  auto code = With({});
  code.back() = {kLoad, 0, 0, 0};
  EXPECT_EQ(Refusal(code), "the last instruction does not return");
  code.back() = {kJump, 0, 0, 0};
  EXPECT_EQ(Refusal(code), "a jump out of the program");
  code.back() = {BPF_RET | BPF_A, 0, 0, 0};
  EXPECT_EQ(Refusal(code), "");
}

TEST(Program, ScratchMemory_IsReadOnlyAfterAWriteOnEveryPath) {
  constexpr const char* kUnwritten =
      "scratch memory is read before it is written";
  const Instruction write{BPF_ST, 0, 0, 3};
  const Instruction read{BPF_LD | BPF_MEM, 0, 0, 3};
  const Instruction read_x{BPF_LDX | BPF_MEM, 0, 0, 3};
  EXPECT_EQ(Refusal(With({write, read})), "");
  EXPECT_EQ(Refusal(With({{BPF_STX, 0, 0, 3}, read_x})), "");
  EXPECT_EQ(Refusal(With({read})), kUnwritten);
  EXPECT_EQ(Refusal(With({read_x})), kUnwritten);
  EXPECT_EQ(Refusal(With({{BPF_ST, 0, 0, 2}, read})), kUnwritten);
  // Written on one of two ways only.
  EXPECT_EQ(Refusal(With({{kJumpEqual, 1, 0, 5}, write, read})), kUnwritten);
  // Written on both.
  EXPECT_EQ(Refusal(With(
                {{kJumpEqual, 0, 2, 5}, write, {kJump, 0, 0, 1}, write, read})),
            "");
  // The way around the write ends before the read; the kernel's check does not
  // see that a return ends it, and what it refuses must be refused here.
  EXPECT_EQ(Refusal(With({{kJumpEqual, 0, 2, 5},
                          write,
                          {kJump, 0, 0, 1},
                          {kReturn, 0, 0, 0},
                          read})),
            kUnwritten);
  constexpr uint16_t kUses[] = {BPF_ST, BPF_STX, BPF_LD | BPF_MEM,
                                BPF_LDX | BPF_MEM};
  for (const uint16_t code : kUses) {
    EXPECT_EQ(Refusal(With({{code, 0, 0, 16}})), "no such scratch word");
  }
}

TEST(Program, ARefusalNamesTheInstruction) {
  const auto refused =
      Validate(With({{kLoad, 0, 0, 0}, {kLoad, 0, 0, 2}}), kArch);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().at, 4u);
}

}  // namespace
}  // namespace ringfence::bpf
