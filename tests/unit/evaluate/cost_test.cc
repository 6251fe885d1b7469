#include "evaluate/cost.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "compile/seccomp.h"

namespace ringfence::evaluate {
namespace {

using bpf::Instruction;

constexpr uint32_t kArch = model::kArchX86_64;
constexpr uint16_t kLoad = BPF_LD | BPF_W | BPF_ABS;
constexpr Instruction kAllow = {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
constexpr Instruction kDeny = {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | 1};

TEST(IsConstantAllow, OnlyWhereNothingButNumberAndArchitectureCount) {
  const std::vector<Instruction> code = {
      {kLoad, 0, 0, 4},
      {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, kArch},
      kDeny,
      {kLoad, 0, 0, 0},
      {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 7},
      kAllow,
      {kLoad, 0, 0, 16},  // call 7: both ways are allowed
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1},
      kAllow};
  EXPECT_TRUE(IsConstantAllow(code, kArch, 6));
  EXPECT_FALSE(IsConstantAllow(code, kArch, 7));
  EXPECT_FALSE(IsConstantAllow(code, 1, 6));
  EXPECT_EQ(CostOf(code, kArch, 6), (CallCost{true, 5}));
  EXPECT_EQ(CostOf(code, kArch, 7), (CallCost{false, 7}));
  EXPECT_EQ(FirstArgumentLoad(code, kArch, 7), 6u);
  EXPECT_FALSE(FirstArgumentLoad(code, kArch, 6).has_value());
}

TEST(IsConstantAllow, NotForAnotherAnswer) {
  for (const uint32_t raw : {SECCOMP_RET_LOG, SECCOMP_RET_ALLOW | 1,
                             SECCOMP_RET_ERRNO, SECCOMP_RET_USER_NOTIF}) {
    const std::vector<Instruction> code = {{BPF_RET | BPF_K, 0, 0, raw}};
    EXPECT_FALSE(IsConstantAllow(code, kArch, 0)) << raw;
  }
}

// What the kernel's emulator does not know ends it, though the answer would
// be the same: another operation than AND, scratch memory, returning A.
TEST(IsConstantAllow, NotPastWhatTheKernelDoesNotFollow) {
  const Instruction strange[] = {{BPF_ALU | BPF_OR | BPF_K, 0, 0, 0},
                                 {BPF_ST, 0, 0, 0},
                                 {BPF_MISC | BPF_TAX, 0, 0, 0},
                                 {BPF_LD | BPF_IMM, 0, 0, 0}};
  for (const Instruction& one : strange) {
    const std::vector<Instruction> code = {{kLoad, 0, 0, 0}, one, kAllow};
    EXPECT_FALSE(IsConstantAllow(code, kArch, 0)) << one.code;
  }
  const std::vector<Instruction> masked = {
      {kLoad, 0, 0, 0}, {BPF_ALU | BPF_AND | BPF_K, 0, 0, 8}, kAllow};
  EXPECT_TRUE(IsConstantAllow(masked, kArch, 0));
}

TEST(CostOf, EveryPlainAllowOfOurs_IsCached) {
  model::SeccompPolicy policy{.unlisted = {model::Action::kQuiet, 38}};
  for (uint32_t number = 0; number < 400; ++number) {
    model::CallPolicy call{.number = number,
                           .otherwise = {model::Action::kQuiet, 1}};
    if (number % 3 == 0) {
      call.otherwise = model::kAllowed;
    } else if (number % 7 == 0) {
      call.clauses = {{{model::Condition::Kind::kTest,
                        {.mask = 0xFF, .value = number % 5},
                        {}},
                       model::kAllowed,
                       {}}};
    }
    policy.calls.push_back(call);
  }
  const auto program = compile::CompileSeccomp(policy);
  ASSERT_TRUE(program.has_value());
  for (const model::CallPolicy& call : policy.calls) {
    const CallCost cost = CostOf(program->code(), policy.arch, call.number);
    EXPECT_EQ(cost.is_cached,
              call.clauses.empty() && call.otherwise == model::kAllowed)
        << call.number;
    EXPECT_LT(cost.longest, 20u);
  }
}

}  // namespace
}  // namespace ringfence::evaluate
