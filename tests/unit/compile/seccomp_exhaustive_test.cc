// The emitter on every small policy, and on many larger random ones. Each goes
// through Confirm and, independently of it, through calls made of the policy's
// constants and their neighbours.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "../../differential/random_policy.h"
#include "compile/seccomp.h"
#include "evaluate/confirm.h"
#include "evaluate/evaluate.h"

namespace ringfence::compile {
namespace {

using evaluate::Confirm;
using evaluate::Describe;
using evaluate::Evaluate;
using evaluate::Gives;
using model::Answer;
using model::ArgTest;
using model::CallPolicy;
using model::Condition;
using model::SeccompPolicy;
using model::Width;

constexpr Answer kDenied{model::Action::kExplain, 1};
constexpr Answer kMissing{model::Action::kQuiet, 38};

Condition Make(uint8_t arg, Width width, ArgTest::Relation relation,
               uint64_t mask, uint64_t value) {
  return {Condition::Kind::kTest, {arg, width, relation, mask, value}, {}};
}

Condition Combine(Condition::Kind kind, std::vector<Condition> of) {
  return {kind, {}, std::move(of)};
}

Condition Not(Condition of) {
  return Combine(Condition::Kind::kNot, {std::move(of)});
}

uint64_t Ones(Width width) {
  return width == Width::kLow32 ? 0xFFFFFFFF : ~uint64_t{0};
}

// Both relations and widths over `values`, on `args` arguments.
std::vector<Condition> Tests(uint8_t args, std::span<const uint64_t> values) {
  std::vector<Condition> tests;
  for (uint8_t arg = 0; arg < args; ++arg) {
    for (const Width width : {Width::kLow32, Width::kFull64}) {
      for (const uint64_t value : values) {
        if ((value & ~Ones(width)) != 0) continue;
        for (const auto relation :
             {ArgTest::Relation::kEqual, ArgTest::Relation::kAtLeast}) {
          tests.push_back(Make(arg, width, relation, Ones(width), value));
        }
      }
    }
  }
  return tests;
}

std::vector<Condition> MaskedTests() {
  std::vector<Condition> tests;
  for (const uint64_t mask :
       {uint64_t{1}, uint64_t{3}, uint64_t{0x80000000}, uint64_t{0x80000001},
        uint64_t{0x100000000}, uint64_t{0x8000000000000001},
        uint64_t{0xFFFFFFFF00000000}, uint64_t{0}}) {
    for (const Width width : {Width::kLow32, Width::kFull64}) {
      if ((mask & ~Ones(width)) != 0) continue;
      for (const uint64_t value : {uint64_t{0}, mask, mask & (mask - 1)}) {
        tests.push_back(Make(0, width, ArgTest::Relation::kEqual, mask, value));
      }
    }
  }
  return tests;
}

// Every value at which a test over `values` can change, in both halves.
std::vector<uint64_t> Probes(std::span<const uint64_t> values) {
  std::vector<uint64_t> probes;
  for (const uint64_t value : values) {
    for (const uint64_t near : {value - 1, value, value + 1}) {
      for (const uint64_t high : {uint64_t{0}, uint64_t{1} << 32}) {
        probes.push_back(near ^ high);
      }
    }
  }
  std::ranges::sort(probes);
  const auto rest = std::ranges::unique(probes);
  probes.erase(rest.begin(), rest.end());
  return probes;
}

SeccompPolicy PolicyOf(std::vector<CallPolicy> calls) {
  return {.arch = model::kArchX86_64,
          .calls = std::move(calls),
          .unlisted = kMissing};
}

CallPolicy Call(uint32_t number, Condition when) {
  return {.number = number,
          .clauses = {{std::move(when), model::kAllowed, {}}},
          .otherwise = kDenied};
}

// True if program and meaning agree on `call`.
bool Agree(const SeccompPolicy& policy, const bpf::Program& program,
           const model::Call& call) {
  const auto raw = Evaluate(program.code(), evaluate::ToData(call));
  return raw && Gives(*raw, Meaning(policy, call));
}

::testing::AssertionResult Holds(const SeccompPolicy& policy,
                                 std::span<const uint64_t> probes,
                                 size_t args) {
  const auto program = CompileSeccomp(policy);
  if (!program) return ::testing::AssertionFailure() << program.error().why;
  const auto confirmed = Confirm(policy, *program);
  if (!confirmed) {
    return ::testing::AssertionFailure() << Describe(confirmed.error());
  }
  for (const CallPolicy& rule : policy.calls) {
    for (const uint64_t first : probes) {
      for (const uint64_t second : probes) {
        const model::Call call{.number = rule.number, .args = {first, second}};
        if (!Agree(policy, *program, call)) {
          return ::testing::AssertionFailure()
                 << "number " << rule.number << " args " << std::hex << first
                 << " " << second;
        }
        if (args == 1) break;
      }
    }
  }
  return ::testing::AssertionSuccess();
}

TEST(SeccompExhaustive, EveryPairOfTests_AndTheirNegations) {
  constexpr uint64_t kValues[] = {
      0,          1,           0x7FFFFFFF,        0x80000000,
      0xFFFFFFFF, 0x100000000, uint64_t{1} << 63, ~uint64_t{0}};
  std::vector<Condition> tests = Tests(1, kValues);
  for (Condition& test : MaskedTests()) tests.push_back(std::move(test));
  const std::vector<uint64_t> probes = Probes(kValues);
  for (const Condition& first : tests) {
    for (const Condition& second : tests) {
      const SeccompPolicy policy = PolicyOf(
          {Call(0, Combine(Condition::Kind::kAny, {first, second})),
           Call(1, Combine(Condition::Kind::kAll, {first, second})),
           Call(2, Combine(Condition::Kind::kAny, {Not(first), second})),
           Call(3, Not(Combine(Condition::Kind::kAll, {first, Not(second)})))});
      ASSERT_TRUE(Holds(policy, probes, 1));
    }
  }
}

// The policies that the packaged libseccomp miscompiles: two rules on one
// 64-bit argument, six operators, twelve constants.
TEST(SeccompExhaustive, TwoRulesOnOne64BitArgument_AllOperators) {
  constexpr uint64_t kValues[] = {0,
                                  1,
                                  5,
                                  0x7FFFFFFF,
                                  0x80000000,
                                  0xFFFFFFFE,
                                  0xFFFFFFFF,
                                  0x100000000,
                                  0x100000001,
                                  0x100000005,
                                  uint64_t{1} << 63,
                                  ~uint64_t{0}};
  const auto equal = [](uint64_t value) {
    return Make(0, Width::kFull64, ArgTest::Relation::kEqual, ~uint64_t{0},
                value);
  };
  const auto at_least = [](uint64_t value) {
    return Make(0, Width::kFull64, ArgTest::Relation::kAtLeast, ~uint64_t{0},
                value);
  };
  std::vector<Condition> operators;
  for (const uint64_t value : kValues) {
    const bool last = value == ~uint64_t{0};
    const Condition above =
        last ? Combine(Condition::Kind::kAny, {}) : at_least(value + 1);
    for (Condition condition :
         {equal(value), Not(equal(value)), at_least(value),
          Not(at_least(value)), above, Not(above)}) {
      operators.push_back(std::move(condition));
    }
  }
  const std::vector<uint64_t> probes = Probes(kValues);
  size_t policies = 0;
  for (const Condition& first : operators) {
    for (const Condition& second : operators) {
      ASSERT_TRUE(Holds(
          PolicyOf({Call(0, Combine(Condition::Kind::kAny, {first, second}))}),
          probes, 1));
      ++policies;
    }
  }
  EXPECT_EQ(policies, 5184u);
}

TEST(SeccompExhaustive, SixArguments_EachWithItsOwnOffset) {
  for (uint8_t arg = 0; arg < 6; ++arg) {
    const SeccompPolicy policy =
        PolicyOf({Call(7, Make(arg, Width::kFull64, ArgTest::Relation::kEqual,
                               ~uint64_t{0}, 0x1122334455667788))});
    const auto program = CompileSeccomp(policy);
    ASSERT_TRUE(program.has_value());
    EXPECT_TRUE(Confirm(policy, *program).has_value());
    for (size_t other = 0; other < 6; ++other) {
      model::Call call{.number = 7};
      call.args[other] = 0x1122334455667788;
      EXPECT_TRUE(Agree(policy, *program, call));
      EXPECT_EQ(Meaning(policy, call) == model::kAllowed, other == arg);
    }
  }
}

TEST(SeccompRandom, AHundredThousandSmallPolicies) {
  RandomPolicy random(20260605);
  for (int round = 0; round < 100'000; ++round) {
    std::vector<uint32_t> numbers;
    for (uint32_t number = 0; number < 12; ++number) {
      if (random.Below(4) == 0) numbers.push_back(number);
    }
    const SeccompPolicy policy = random.Policy(numbers, 2);
    const auto program = CompileSeccomp(policy);
    ASSERT_TRUE(program.has_value()) << round;
    for (const CallPolicy& rule : policy.calls) {
      for (int i = 0; i < 8; ++i) {
        const model::Call call{.number = rule.number,
                               .args = random.ArgsNear(rule)};
        ASSERT_TRUE(Agree(policy, *program, call)) << round;
      }
    }
    for (uint32_t number = 0; number < 14; ++number) {
      ASSERT_TRUE(Agree(policy, *program, {.number = number})) << round;
    }
  }
}

TEST(SeccompRandom, LargerPolicies) {
  RandomPolicy random(20260131);
  for (int round = 0; round < 300; ++round) {
    std::vector<uint32_t> numbers;
    uint32_t number = 0;
    const uint64_t count = 1 + random.Below(120);
    for (uint64_t i = 0; i < count; ++i) {
      number += static_cast<uint32_t>(1 + random.Below(random.Below(9) + 1));
      numbers.push_back(number);
    }
    SeccompPolicy policy = random.Policy(numbers, 3);
    if (random.Below(4) == 0) policy.arch = model::kArchAarch64;
    const auto program = CompileSeccomp(policy);
    ASSERT_TRUE(program.has_value()) << round;
    const auto confirmed = Confirm(policy, *program);
    ASSERT_TRUE(confirmed.has_value())
        << round << " " << Describe(confirmed.error());
    for (const CallPolicy& rule : policy.calls) {
      for (int i = 0; i < 20; ++i) {
        const model::Call call{.number = rule.number,
                               .arch = policy.arch,
                               .args = random.ArgsNear(rule)};
        ASSERT_TRUE(Agree(policy, *program, call)) << round;
      }
    }
  }
}

}  // namespace
}  // namespace ringfence::compile
