#include "evaluate/confirm.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <string>
#include <type_traits>
#include <vector>

#include "../../differential/random_policy.h"
#include "compile/seccomp.h"
#include "evaluate/evaluate.h"

namespace ringfence::evaluate {
namespace {

using bpf::Instruction;
using bpf::Program;
using model::CallPolicy;
using model::Condition;
using model::SeccompPolicy;

static_assert(!std::is_default_constructible_v<Confirmed>);
static_assert(!std::is_constructible_v<Confirmed, Program>);

constexpr model::Answer kDenied{model::Action::kExplain, 1};
constexpr model::Answer kMissing{model::Action::kQuiet, 38};
constexpr uint16_t kLoad = BPF_LD | BPF_W | BPF_ABS;

// Call 41 is allowed where its first argument, an int, is 1.
SeccompPolicy SocketPolicy() {
  return {.arch = model::kArchX86_64,
          .calls = {{.number = 41,
                     .name = "socket",
                     .clauses = {{{Condition::Kind::kTest,
                                   {.mask = 0xFFFFFFFF, .value = 1},
                                   {}},
                                  model::kAllowed,
                                  {}}},
                     .otherwise = kDenied,
                     .source = {"p.yaml", 7, 3}}},
          .unlisted = kMissing};
}

Program FromTail(std::vector<Instruction> tail) {
  std::vector<Instruction> code = {
      {kLoad, 0, 0, 4},
      {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, model::kArchX86_64},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS}};
  code.insert(code.end(), tail.begin(), tail.end());
  auto program = Program::FromInstructions(code, model::kArchX86_64);
  EXPECT_TRUE(program.has_value());
  return *std::move(program);
}

Instruction Jump(int op, uint32_t k, uint8_t yes, uint8_t no) {
  return {static_cast<uint16_t>(BPF_JMP | op | BPF_K), yes, no, k};
}
Instruction Return(uint32_t value) { return {BPF_RET | BPF_K, 0, 0, value}; }

// A right program for SocketPolicy(), written by hand; `test` is its look at
// the argument.
std::vector<Instruction> HandWritten(std::vector<Instruction> test) {
  std::vector<Instruction> tail = {
      {kLoad, 0, 0, 0},
      Jump(BPF_JGE, 0x40000000, 0, 3),
      Jump(BPF_JGE, 0xC0000000, 1, 0),
      Jump(BPF_JGE, 0x80000000, 2, 0),
      Return(SECCOMP_RET_KILL_PROCESS),
      Jump(BPF_JEQ, 41, 1, 0),
      Return(SECCOMP_RET_ERRNO | 38),
  };
  tail.insert(tail.end(), test.begin(), test.end());
  tail.push_back(Return(SECCOMP_RET_ALLOW));
  tail.push_back(Return(SECCOMP_RET_USER_NOTIF));
  return tail;
}

Disagreement Refuted(const SeccompPolicy& policy, Program program) {
  auto confirmed = Confirm(policy, std::move(program));
  EXPECT_FALSE(confirmed.has_value());
  if (confirmed) return {};
  return std::move(confirmed).error();
}

TEST(Confirm, RightProgramOfAnotherShape_IsConfirmed) {
  const Program program =
      FromTail(HandWritten({{kLoad, 0, 0, 16}, Jump(BPF_JEQ, 1, 0, 1)}));
  const auto confirmed = Confirm(SocketPolicy(), program);
  ASSERT_TRUE(confirmed.has_value()) << Describe(confirmed.error());
  EXPECT_EQ(confirmed->program(), program);
}

// The mistake of CVE-2019-10063: all 64 bits compared where the kernel reads
// 32.
TEST(Confirm, TestOfTheHighHalfOfAnInt_IsRefuted) {
  const Disagreement found =
      Refuted(SocketPolicy(), FromTail(HandWritten({{kLoad, 0, 0, 20},
                                                    Jump(BPF_JEQ, 0, 0, 3),
                                                    {kLoad, 0, 0, 16},
                                                    Jump(BPF_JEQ, 1, 0, 1)})));
  EXPECT_EQ(found.name, "socket");
  EXPECT_EQ(found.call.args[0] & 0xFFFFFFFF, 1u);
  EXPECT_NE(found.call.args[0], 1u);
  EXPECT_EQ(found.wanted, model::kAllowed);
  EXPECT_EQ(found.returned, uint32_t{SECCOMP_RET_USER_NOTIF});
}

// One value of 2^32, at no border of the policy.
TEST(Confirm, BackDoorAtOneValue_IsFound) {
  const Disagreement found = Refuted(
      SocketPolicy(), FromTail(HandWritten({{kLoad, 0, 0, 16},
                                            Jump(BPF_JEQ, 0x5EC12E7, 1, 0),
                                            Jump(BPF_JEQ, 1, 0, 1)})));
  EXPECT_EQ(found.call.args[0] & 0xFFFFFFFF, 0x5EC12E7u);
  EXPECT_EQ(found.wanted, kDenied);
  EXPECT_EQ(found.returned, uint32_t{SECCOMP_RET_ALLOW});
}

// A pattern of bits in an argument the policy does not mention.
TEST(Confirm, BackDoorBehindAMask_IsFound) {
  const Disagreement found = Refuted(
      SocketPolicy(),
      FromTail(HandWritten({{kLoad, 0, 0, 60},
                            {BPF_ALU | BPF_AND | BPF_K, 0, 0, 0xF00FF00F},
                            Jump(BPF_JEQ, 0xA0050002, 2, 0),
                            {kLoad, 0, 0, 16},
                            Jump(BPF_JEQ, 1, 0, 1)})));
  EXPECT_EQ(found.call.args[5] >> 32 & 0xF00FF00F, 0xA0050002u);
  EXPECT_EQ(found.returned, uint32_t{SECCOMP_RET_ALLOW});
}

TEST(Confirm, BackDoorAtOneNumber_IsFound) {
  auto tail = HandWritten({{kLoad, 0, 0, 16}, Jump(BPF_JEQ, 1, 0, 1)});
  tail.insert(tail.begin() + 1,
              {Jump(BPF_JEQ, 123456789, 0, 1), Return(SECCOMP_RET_ALLOW)});
  const Disagreement found = Refuted(SocketPolicy(), FromTail(tail));
  EXPECT_EQ(found.call.number, 123456789u);
  EXPECT_EQ(found.wanted, kMissing);
}

TEST(Confirm, ForgottenX32Bit_IsFound) {
  const Disagreement found =
      Refuted({.arch = model::kArchX86_64, .calls = {}, .unlisted = kMissing},
              FromTail({Return(SECCOMP_RET_ERRNO | 38)}));
  EXPECT_EQ(found.call.number, model::kX32Bit);
  EXPECT_EQ(found.wanted, model::kKilled);
}

TEST(Confirm, ProgramOfAnotherArchitecture_IsRefuted) {
  SeccompPolicy policy = SocketPolicy();
  policy.arch = model::kArchAarch64;
  Refuted(policy,
          FromTail(HandWritten({{kLoad, 0, 0, 16}, Jump(BPF_JEQ, 1, 0, 1)})));
}

TEST(Confirm, ReturnsThatAreAlmostRight_AreRefuted) {
  const SeccompPolicy policy = {
      .arch = model::kArchAarch64, .calls = {}, .unlisted = kMissing};
  for (const uint32_t raw :
       {SECCOMP_RET_ERRNO | 0u, SECCOMP_RET_ERRNO | 1u, SECCOMP_RET_USER_NOTIF,
        SECCOMP_RET_TRACE | 38u, SECCOMP_RET_LOG, SECCOMP_RET_KILL_THREAD}) {
    auto program =
        Program::FromInstructions({{kLoad, 0, 0, 4},
                                   Jump(BPF_JEQ, model::kArchAarch64, 1, 0),
                                   Return(SECCOMP_RET_KILL_PROCESS),
                                   Return(raw)},
                                  model::kArchAarch64);
    ASSERT_TRUE(program.has_value());
    EXPECT_EQ(Refuted(policy, *program).returned, raw);
  }
}

// What the walk cannot follow is not confirmed, right or wrong.
TEST(Confirm, ProgramThatCannotBeFollowed_IsNotConfirmed) {
  const std::vector<Instruction> kPrefixes[] = {
      {{kLoad, 0, 0, 8}},
      {{kLoad, 0, 0, 16}, {BPF_ALU | BPF_ADD | BPF_K, 0, 0, 0}},
      {{BPF_ST, 0, 0, 0}},
      {{BPF_MISC | BPF_TAX, 0, 0, 0}},
      {{kLoad, 0, 0, 0}, {BPF_ALU | BPF_AND | BPF_K, 0, 0, ~0u}},
      {{kLoad, 0, 0, 0}, Jump(BPF_JSET, 1, 0, 0)},
      {{kLoad, 0, 0, 16},
       {BPF_ALU | BPF_AND | BPF_K, 0, 0, 7},
       Jump(BPF_JGE, 1, 0, 0)},
  };
  for (const auto& prefix : kPrefixes) {
    auto tail = HandWritten({{kLoad, 0, 0, 16}, Jump(BPF_JEQ, 1, 0, 1)});
    tail.insert(tail.begin(), prefix.begin(), prefix.end());
    const Disagreement found = Refuted(SocketPolicy(), FromTail(tail));
    EXPECT_EQ(found.returned, std::nullopt);
    EXPECT_STRNE(found.why, "");
  }
}

TEST(Confirm, TooManyCases_AreAnError) {
  // 2^24 combinations: each of 24 bits is tested on its own.
  Condition every;
  for (unsigned bit = 0; bit < 24; ++bit) {
    const Condition set = {
        Condition::Kind::kTest, {.mask = uint64_t{1} << bit, .value = 0}, {}};
    Condition either = {Condition::Kind::kAny, {}, {}};
    either.of = {set, {Condition::Kind::kNot, {}, {set}}};
    every.of.push_back(either);
  }
  SeccompPolicy policy = SocketPolicy();
  policy.calls[0].clauses[0].when = every;
  policy.calls[0].otherwise = model::kAllowed;
  auto tail = HandWritten({});
  const Disagreement found = Refuted(policy, FromTail(tail));
  EXPECT_STREQ(found.why, "there are too many cases");
}

TEST(Describe, NamesCallAnswersAndLine) {
  const Disagreement found = Refuted(
      SocketPolicy(),
      FromTail(HandWritten({{kLoad, 0, 0, 16}, Jump(BPF_JEQ, 2, 0, 1)})));
  const std::string text = Describe(found);
  EXPECT_NE(text.find("socket("), std::string::npos) << text;
  EXPECT_NE(text.find("the policy says notify, the program allow"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("(p.yaml:7)"), std::string::npos) << text;
}

// Mutants: one change in an emitted program. Any that a wide sample of calls
// shows to be wrong, Confirm must refute; none that it confirms may differ.
class Mutants {
 public:
  explicit Mutants(uint64_t seed) : random_(seed) {}

  void Try(const SeccompPolicy& policy) {
    const auto right = compile::CompileSeccomp(policy);
    ASSERT_TRUE(right.has_value());
    ASSERT_TRUE(Confirm(policy, *right).has_value());
    const std::vector<Instruction> code(right->code().begin(),
                                        right->code().end());
    for (size_t at = 0; at < code.size(); ++at) {
      for (const Instruction& changed : Changes(code[at])) {
        std::vector<Instruction> mutant = code;
        mutant[at] = changed;
        Judge(policy, std::move(mutant));
      }
    }
  }

  size_t malformed = 0;
  size_t refuted = 0;
  size_t equal = 0;

 private:
  static std::vector<Instruction> Changes(const Instruction& in) {
    std::vector<Instruction> changes;
    const auto change = [&](auto edit) {
      Instruction copy = in;
      edit(copy);
      if (copy != in) changes.push_back(copy);
    };
    for (const uint32_t k :
         {in.k + 1, in.k - 1, in.k + 4, in.k - 4, in.k ^ 0x80000000,
          in.k ^ 0x00010000, in.k ^ 2, 0u, ~0u, uint32_t{SECCOMP_RET_ALLOW},
          uint32_t{SECCOMP_RET_ERRNO | 1}, uint32_t{SECCOMP_RET_LOG}}) {
      change([k](Instruction& copy) { copy.k = k; });
    }
    if (BPF_CLASS(in.code) == BPF_JMP) {
      change([](Instruction& copy) { std::swap(copy.jt, copy.jf); });
      change([](Instruction& copy) { ++copy.jt; });
      change([](Instruction& copy) { --copy.jt; });
      change([](Instruction& copy) { ++copy.jf; });
      change([](Instruction& copy) { --copy.jf; });
      for (const int op : {BPF_JEQ, BPF_JGE, BPF_JGT, BPF_JSET}) {
        change([op](Instruction& copy) {
          copy.code = static_cast<uint16_t>(BPF_JMP | op | BPF_K);
        });
      }
    }
    if (in.code == (BPF_ALU | BPF_AND | BPF_K)) {
      change([](Instruction& copy) { copy.code = BPF_ALU | BPF_OR | BPF_K; });
    }
    return changes;
  }

  void Judge(const SeccompPolicy& policy, std::vector<Instruction> code) {
    auto program = Program::FromInstructions(std::move(code), policy.arch);
    if (!program) {
      ++malformed;
      return;
    }
    const bool confirmed = Confirm(policy, *program).has_value();
    (confirmed ? equal : refuted) += 1;
    if (confirmed) {
      EXPECT_FALSE(DiffersOnSample(policy, *program));
    }
  }

  bool DiffersOnSample(const SeccompPolicy& policy, const Program& program) {
    for (const CallPolicy& rule : policy.calls) {
      for (int i = 0; i < 40; ++i) {
        if (Differs(policy, program,
                    {.number = rule.number,
                     .arch = policy.arch,
                     .args = random_.ArgsNear(rule)})) {
          return true;
        }
      }
      if (Differs(policy, program,
                  {.number = rule.number + 1, .arch = policy.arch})) {
        return true;
      }
    }
    for (int i = 0; i < 40; ++i) {
      const auto number = static_cast<uint32_t>(random_.Value());
      if (Differs(policy, program, {.number = number, .arch = policy.arch}) ||
          Differs(policy, program, {.number = 0, .arch = number})) {
        return true;
      }
    }
    return false;
  }

  static bool Differs(const SeccompPolicy& policy, const Program& program,
                      const model::Call& call) {
    const auto raw = Evaluate(program.code(), ToData(call));
    return !raw || !Gives(*raw, Meaning(policy, call));
  }

  RandomPolicy random_;
};

TEST(ConfirmMutants, EveryMutantThatDiffers_IsRefuted) {
  RandomPolicy random(99);
  Mutants mutants(100);
  for (int round = 0; round < 25; ++round) {
    std::vector<uint32_t> numbers;
    for (uint32_t number = 0; number < 24; ++number) {
      if (random.Below(2) == 0) numbers.push_back(number);
    }
    mutants.Try(random.Policy(numbers, 2));
    ASSERT_FALSE(testing::Test::HasFailure()) << round;
  }
  EXPECT_GT(mutants.refuted, 5000u);
  EXPECT_GT(mutants.malformed, 100u);
  // Few changes are without effect: unused errno bits, bounds of empty ranges.
  EXPECT_LT(mutants.equal, mutants.refuted / 10);
  RecordProperty("refuted", static_cast<int>(mutants.refuted));
  RecordProperty("equal", static_cast<int>(mutants.equal));
}

}  // namespace
}  // namespace ringfence::evaluate
