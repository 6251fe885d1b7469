#include "compile/seccomp.h"

#include <errno.h>
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/socket.h>

#include <array>
#include <string>

#include "evaluate/confirm.h"
#include "evaluate/cost.h"
#include "evaluate/disassemble.h"
#include "evaluate/evaluate.h"

namespace ringfence::compile {
namespace {

using evaluate::Confirm;
using evaluate::Evaluate;
using evaluate::Gives;
using model::Answer;
using model::ArgTest;
using model::CallPolicy;
using model::Condition;
using model::SeccompPolicy;
using model::Width;

constexpr Answer kPermission{model::Action::kExplain, EPERM};
constexpr Answer kMissing{model::Action::kQuiet, ENOSYS};

Condition Is(uint8_t arg, uint64_t value, Width width = Width::kLow32) {
  return {Condition::Kind::kTest,
          {.arg = arg,
           .width = width,
           .mask = width == Width::kLow32 ? 0xFFFFFFFF : ~uint64_t{0},
           .value = value},
          {}};
}

Condition NoneOf(uint8_t arg, uint64_t mask, Width width) {
  return {Condition::Kind::kTest,
          {.arg = arg, .width = width, .mask = mask, .value = 0},
          {}};
}

Condition AtLeast(uint8_t arg, uint64_t value, Width width) {
  Condition condition = Is(arg, value, width);
  condition.test.relation = ArgTest::Relation::kAtLeast;
  return condition;
}

Condition All(std::vector<Condition> of) {
  return {Condition::Kind::kAll, {}, std::move(of)};
}

Condition Any(std::vector<Condition> of) {
  return {Condition::Kind::kAny, {}, std::move(of)};
}

Condition Not(Condition of) {
  return {Condition::Kind::kNot, {}, {std::move(of)}};
}

CallPolicy Plain(uint32_t number, Answer answer) {
  return {.number = number, .otherwise = answer};
}

CallPolicy When(uint32_t number, Condition when, Answer then,
                Answer otherwise) {
  return {.number = number,
          .clauses = {{std::move(when), then, {}}},
          .otherwise = otherwise};
}

SeccompPolicy PolicyOf(std::vector<CallPolicy> calls,
                       uint32_t arch = model::kArchX86_64) {
  return {.arch = arch, .calls = std::move(calls), .unlisted = kMissing};
}

bpf::Program CompileAndConfirm(const SeccompPolicy& policy) {
  auto program = CompileSeccomp(policy);
  EXPECT_TRUE(program.has_value());
  auto confirmed = Confirm(policy, *program);
  if (!confirmed) ADD_FAILURE() << Describe(confirmed.error());
  return *std::move(program);
}

uint32_t Returned(const bpf::Program& program, uint32_t number,
                  std::array<uint64_t, 6> args = {}) {
  const auto raw = Evaluate(
      program.code(), {.nr = number, .arch = program.arch(), .args = args});
  EXPECT_TRUE(raw.has_value());
  return raw.value_or(0xBADBAD);
}

std::string Text(const bpf::Program& program) {
  return evaluate::Disassemble(program.code(),
                               [](uint32_t) { return std::string(); });
}

TEST(Seccomp, Answers_BecomeTheKernelsReturnValues) {
  const auto program = CompileAndConfirm(PolicyOf(
      {Plain(0, model::kAllowed), Plain(1, kPermission),
       Plain(2, {model::Action::kQuiet, EACCES}), Plain(3, model::kKilled)}));
  EXPECT_EQ(Returned(program, 0), SECCOMP_RET_ALLOW);
  EXPECT_EQ(Returned(program, 1), SECCOMP_RET_USER_NOTIF);
  EXPECT_EQ(Returned(program, 2), SECCOMP_RET_ERRNO | unsigned{EACCES});
  EXPECT_EQ(Returned(program, 3), SECCOMP_RET_KILL_PROCESS);
  EXPECT_EQ(Returned(program, 4), SECCOMP_RET_ERRNO | unsigned{ENOSYS});
}

TEST(Seccomp, OtherArchitectures_AreKilled) {
  const auto program = CompileAndConfirm(PolicyOf({Plain(0, model::kAllowed)}));
  for (const uint32_t arch :
       {uint32_t{AUDIT_ARCH_I386}, uint32_t{AUDIT_ARCH_AARCH64}, 0u, ~0u}) {
    EXPECT_EQ(*Evaluate(program.code(), {.nr = 0, .arch = arch}),
              SECCOMP_RET_KILL_PROCESS);
  }
  EXPECT_EQ(Returned(program, 0), SECCOMP_RET_ALLOW);
}

TEST(Seccomp, X32Numbers_AreKilledOnX86_64Only) {
  const std::vector<CallPolicy> calls = {Plain(0, model::kAllowed)};
  const auto x86 = CompileAndConfirm(PolicyOf(calls));
  EXPECT_EQ(Returned(x86, 0x40000000), SECCOMP_RET_KILL_PROCESS);
  EXPECT_EQ(Returned(x86, 0x7FFFFFFF), SECCOMP_RET_KILL_PROCESS);
  EXPECT_EQ(Returned(x86, 0xFFFFFFFF), SECCOMP_RET_KILL_PROCESS);
  EXPECT_EQ(Returned(x86, 0x3FFFFFFF), SECCOMP_RET_ERRNO | unsigned{ENOSYS});
  EXPECT_EQ(Returned(x86, 0x80000000), SECCOMP_RET_ERRNO | unsigned{ENOSYS});
  const auto arm = CompileAndConfirm(PolicyOf(calls, model::kArchAarch64));
  EXPECT_EQ(Returned(arm, 0x40000000), SECCOMP_RET_ERRNO | unsigned{ENOSYS});
}

// socket(AF_VSOCK | 1 << 32, ...) makes an AF_VSOCK socket.
TEST(Seccomp, HighBitsOfA32BitArgument_AreIgnored) {
  const auto program = CompileAndConfirm(
      PolicyOf({When(41, Not(Is(0, AF_VSOCK)), model::kAllowed, kPermission)}));
  constexpr uint64_t kHigh = uint64_t{1} << 32;
  EXPECT_EQ(Returned(program, 41, {AF_UNIX}), SECCOMP_RET_ALLOW);
  EXPECT_EQ(Returned(program, 41, {AF_VSOCK}), SECCOMP_RET_USER_NOTIF);
  EXPECT_EQ(Returned(program, 41, {AF_VSOCK | kHigh}), SECCOMP_RET_USER_NOTIF);
  EXPECT_EQ(Returned(program, 41, {AF_UNIX | kHigh}), SECCOMP_RET_ALLOW);
}

TEST(Seccomp, A64BitArgument_IsComparedWhole) {
  const auto program = CompileAndConfirm(
      PolicyOf({When(1, AtLeast(0, 0x100000005, Width::kFull64),
                     model::kAllowed, model::kKilled)}));
  EXPECT_EQ(Returned(program, 1, {0x100000004}), SECCOMP_RET_KILL_PROCESS);
  EXPECT_EQ(Returned(program, 1, {0x100000005}), SECCOMP_RET_ALLOW);
  EXPECT_EQ(Returned(program, 1, {0x200000000}), SECCOMP_RET_ALLOW);
  EXPECT_EQ(Returned(program, 1, {0xFFFFFFFF}), SECCOMP_RET_KILL_PROCESS);
}

TEST(Seccomp, EqualInput_GivesEqualBytes) {
  const SeccompPolicy policy = PolicyOf(
      {When(41, Any({Is(0, 1), Is(0, 2)}), model::kAllowed, kPermission),
       Plain(42, model::kAllowed)});
  EXPECT_EQ(*CompileSeccomp(policy), *CompileSeccomp(policy));
}

TEST(Seccomp, NeighboursOfEqualVerdict_AreOneRange) {
  std::vector<CallPolicy> calls;
  for (uint32_t number = 0; number < 300; ++number) {
    calls.push_back(Plain(number, model::kAllowed));
  }
  const auto program = CompileAndConfirm(PolicyOf(std::move(calls)));
  // Architecture (3), number, one border, the bit of x32, three returns.
  EXPECT_EQ(program.code().size(), 3u + 1u + 1u + 1u + 3u);
}

TEST(Seccomp, EqualConditionsOfTwoCalls_ShareTheirCode) {
  const Condition when = Any({Is(0, 1), Is(0, 2), Is(0, 10)});
  const auto one = CompileAndConfirm(
      PolicyOf({When(41, when, model::kAllowed, kPermission)}));
  const auto two = CompileAndConfirm(
      PolicyOf({When(41, when, model::kAllowed, kPermission),
                When(53, when, model::kAllowed, kPermission)}));
  // Only the test for the second call is added.
  EXPECT_EQ(two.code().size(), one.code().size() + 1);
}

TEST(Seccomp, OneOfManyValues_LoadsTheArgumentOnce) {
  const auto program =
      CompileAndConfirm(PolicyOf({When(41, Any({Is(0, 1), Is(0, 2), Is(0, 10)}),
                                       model::kAllowed, kPermission)}));
  size_t loads = 0;
  for (const bpf::Instruction& in : program.code()) {
    loads += in.code == (BPF_LD | BPF_W | BPF_ABS) && in.k >= 16;
  }
  EXPECT_EQ(loads, 1u);
}

// kernel/seccomp.c, seccomp_is_const_allow(): what the kernel follows when it
// fills its bitmap of calls that need no run of the filter.
bool KernelCaches(std::span<const bpf::Instruction> code, uint32_t number,
                  uint32_t arch) {
  uint32_t a = 0;
  for (size_t at = 0; at < code.size(); ++at) {
    const bpf::Instruction& in = code[at];
    switch (in.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        if (in.k == offsetof(seccomp_data, nr)) {
          a = number;
        } else if (in.k == offsetof(seccomp_data, arch)) {
          a = arch;
        } else {
          return false;
        }
        break;
      case BPF_RET | BPF_K:
        return in.k == SECCOMP_RET_ALLOW;
      case BPF_JMP | BPF_JA:
        at += in.k;
        break;
      case BPF_JMP | BPF_JEQ | BPF_K:
        at += a == in.k ? in.jt : in.jf;
        break;
      case BPF_JMP | BPF_JGE | BPF_K:
        at += a >= in.k ? in.jt : in.jf;
        break;
      case BPF_JMP | BPF_JSET | BPF_K:
        at += (a & in.k) != 0 ? in.jt : in.jf;
        break;
      default:
        return false;
    }
  }
  return false;
}

TEST(Seccomp, EveryPlainAllow_IsCachedByTheKernel) {
  std::vector<CallPolicy> calls;
  for (uint32_t number = 0; number < 450; ++number) {
    if (number % 7 == 3) {
      calls.push_back(
          When(number, Is(0, number), model::kAllowed, kPermission));
    } else if (number % 5 != 1) {
      calls.push_back(Plain(number, model::kAllowed));
    }
  }
  const auto program = CompileAndConfirm(PolicyOf(std::move(calls)));
  for (uint32_t number = 0; number < 450; ++number) {
    EXPECT_EQ(KernelCaches(program.code(), number, program.arch()),
              number % 7 != 3 && number % 5 != 1)
        << number;
  }
}

// The jump from the tree to a return, to a block, and inside a block, at each
// distance around the 255 that one byte can say.
TEST(Seccomp, LongJumps_AreRightAtEveryDistance) {
  // Three values are four tests. Two blocks that are about 255 long together,
  // one that is, and one with such jumps inside.
  for (uint32_t values = 85; values < 400; ++values) {
    if (values == 112) values = 180;
    if (values == 210) values = 380;
    std::vector<Condition> of;
    for (uint32_t i = 0; i < values; ++i) of.push_back(Is(0, 3 * i + 7));
    const SeccompPolicy policy = PolicyOf(
        {Plain(0, model::kAllowed), When(1, Is(1, 5), kPermission, kMissing),
         When(2, Any(of), model::kAllowed, kPermission),
         Plain(3, model::kKilled),
         When(4, Not(Any(of)), {model::Action::kQuiet, 5}, kPermission),
         Plain(6, model::kAllowed)});
    const auto program = CompileAndConfirm(policy);
    for (const uint32_t value : {7u, 8u, 3 * values + 4, 3 * values + 7}) {
      for (uint32_t number = 0; number < 8; ++number) {
        EXPECT_TRUE(Gives(Returned(program, number, {value}),
                          Meaning(policy, {.number = number, .args = {value}})))
            << values << " " << number << " " << value;
      }
    }
  }
}

TEST(Seccomp, AConditionTooLargeForOneProgram_NamesItsLine) {
  std::vector<Condition> of;
  for (uint32_t i = 0; i < 5000; ++i) of.push_back(Is(0, 2 * i));
  SeccompPolicy policy =
      PolicyOf({Plain(0, model::kAllowed),
                When(1, Any(std::move(of)), model::kAllowed, kPermission)});
  policy.calls[1].name = "ioctl";
  policy.calls[1].source = {"big.yaml", 12, 5};
  const auto program = CompileSeccomp(policy);
  ASSERT_FALSE(program.has_value());
  EXPECT_EQ(program.error().source, policy.calls[1].source);
  EXPECT_NE(program.error().why.find("4096"), std::string::npos);
  EXPECT_NE(program.error().why.find("ioctl"), std::string::npos);
  EXPECT_NE(program.error().why.find("`range`"), std::string::npos);
}

TEST(Seccomp, TheLargestConditionThatFits_IsConfirmed) {
  std::vector<Condition> of;
  for (uint32_t i = 0; i < 3000; ++i) of.push_back(Is(0, 2 * i));
  CompileAndConfirm(
      PolicyOf({When(1, Any(std::move(of)), model::kAllowed, kPermission)}));
}

TEST(Seccomp, PolicyThatKillsEverything_StillChecksTheArchitectureFirst) {
  SeccompPolicy policy = PolicyOf({});
  policy.unlisted = model::kKilled;
  EXPECT_EQ(Text(CompileAndConfirm(policy)),
            "    0  ld   arch\n"
            "    1  jeq  0xc000003e                 ? 3 : 2\n"
            "    2  ret  kill process\n"
            "    3  ret  kill process\n");
}

TEST(Seccomp, SmallPolicy_ReadsAsWritten) {
  const auto program = CompileAndConfirm(
      PolicyOf({Plain(0, model::kAllowed), Plain(1, model::kAllowed),
                When(41, Any({Is(0, AF_UNIX), Is(0, AF_INET)}), model::kAllowed,
                     kPermission),
                When(56, NoneOf(0, CLONE_NEWUSER | CLONE_NEWNS, Width::kFull64),
                     model::kAllowed, kPermission)}));
  EXPECT_EQ(Text(program), R"(    0  ld   arch
    1  jeq  0xc000003e                 ? 3 : 2
    2  ret  kill process
    3  ld   number
    4  jge  56                         ? 10 : 5
    5  jge  2                          ? 6 : 13
    6  jeq  41                         ? 7 : 16
    7  ld   arg0.low
    8  jeq  0x1                        ? 13 : 9
    9  jeq  0x2                        ? 13 : 14
   10  jge  57                         ? 15 : 11
   11  ld   arg0.low
   12  jset 0x10020000                 ? 14 : 13
   13  ret  allow
   14  ret  notify
   15  jset 0x40000000                 ? 17 : 16
   16  ret  errno 38
   17  ret  kill process
)");
}

// Where the answer to a test is known from the way to it, it is not made.
TEST(Seccomp, TestsThatOthersDecide_AreLeftOut) {
  const auto wide = [](uint8_t arg, uint64_t value) {
    return Is(arg, value, Width::kFull64);
  };
  const auto program = CompileAndConfirm(
      PolicyOf({When(1, Any({wide(0, 1), wide(0, 2), wide(0, 9)}),
                     model::kAllowed, kPermission),
                When(2,
                     Any({All({Is(0, 1), Is(1, 1)}), All({Is(0, 1), Is(1, 2)}),
                          All({AtLeast(0, 8, Width::kLow32), Is(0, 7)})}),
                     model::kAllowed, kPermission)}));
  EXPECT_EQ(Text(program), R"(    0  ld   arch
    1  jeq  0xc000003e                 ? 3 : 2
    2  ret  kill process
    3  ld   number
    4  jge  2                          ? 12 : 5
    5  jge  1                          ? 6 : 21
    6  ld   arg0.high
    7  jeq  0                          ? 8 : 18
    8  ld   arg0.low
    9  jeq  0x1                        ? 19 : 10
   10  jeq  0x2                        ? 19 : 11
   11  jeq  0x9                        ? 19 : 18
   12  jge  3                          ? 20 : 13
   13  ld   arg0.low
   14  jeq  0x1                        ? 15 : 18
   15  ld   arg1.low
   16  jeq  0x1                        ? 19 : 17
   17  jeq  0x2                        ? 19 : 18
   18  ret  notify
   19  ret  allow
   20  jset 0x40000000                 ? 22 : 21
   21  ret  errno 38
   22  ret  kill process
)");
}

// A list of values is found by a tree, wherever it stands in a condition.
TEST(Seccomp, LongListsOfValues_TakeFewTests) {
  std::vector<Condition> of = {Is(1, 5), Is(0, 0)};
  for (uint32_t i = 0; i < 64; ++i) of.push_back(Is(0, 5 * i));
  of.push_back(Is(0, UINT32_MAX));
  of.push_back(Is(1, 6));
  for (const bool negated : {false, true}) {
    const auto program = CompileAndConfirm(PolicyOf({When(
        1, negated ? Not(Any(of)) : Any(of), model::kAllowed, kPermission)}));
    EXPECT_LE(evaluate::CostOf(program.code(), program.arch(), 1).longest, 20u);
  }
}

// Every partition of a few numbers into a few answers.
TEST(Seccomp, EveryOrderOfFewAnswers_IsFoundByItsNumber) {
  const std::array<Answer, 3> answers = {
      model::kAllowed, {model::Action::kQuiet, 1}, kMissing};
  constexpr uint32_t kNumbers = 8;
  for (uint32_t code = 0; code < 6561; ++code) {  // 3 to the 8th
    std::vector<CallPolicy> calls;
    for (uint32_t number = 0, rest = code; number < kNumbers; ++number) {
      calls.push_back(Plain(number, answers[rest % 3]));
      rest /= 3;
    }
    const SeccompPolicy policy = PolicyOf(std::move(calls));
    const auto program = CompileSeccomp(policy);
    ASSERT_TRUE(program.has_value());
    for (const uint32_t number :
         {0u, 1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u, 9u, model::kX32Bit - 1,
          model::kX32Bit, 2 * model::kX32Bit, 3 * model::kX32Bit, ~0u}) {
      ASSERT_TRUE(Gives(Returned(*program, number),
                        Meaning(policy, {.number = number})))
          << code << " " << number;
    }
  }
}

using SeccompDeathTest = testing::Test;

TEST(SeccompDeathTest, UnsortedPolicy_IsOurBug) {
  EXPECT_DEATH((void)CompileSeccomp(PolicyOf(
                   {Plain(2, model::kAllowed), Plain(1, model::kAllowed)})),
               "not sorted");
  EXPECT_DEATH((void)CompileSeccomp(PolicyOf(
                   {Plain(2, model::kAllowed), Plain(2, model::kKilled)})),
               "not sorted");
}

TEST(SeccompDeathTest, AnswerWithAWrongErrno_IsOurBug) {
  for (const Answer answer :
       {Answer{model::Action::kLog, 1}, Answer{model::Action::kQuiet, 4096},
        Answer{model::Action::kExplain, 0}, Answer{model::Action::kAllow, 1}}) {
    EXPECT_DEATH((void)CompileSeccomp(PolicyOf({Plain(2, answer)})), "errno");
  }
}

TEST(SeccompDeathTest, ValueWiderThanItsArgument_IsOurBug) {
  EXPECT_DEATH(
      (void)CompileSeccomp(PolicyOf(
          {When(2, Is(0, uint64_t{1} << 32), model::kAllowed, kPermission)})),
      "wider");
}

}  // namespace
}  // namespace ringfence::compile
