// Our programs against those of the installed libseccomp. Meaning says which of
// the two is right: ours always is, libseccomp's is where the test says so.
#include "libseccomp.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <set>

#include "compile/seccomp.h"
#include "evaluate/evaluate.h"
#include "oci/argument.h"
#include "random_policy.h"

namespace ringfence {
namespace {

using evaluate::Evaluate;
using evaluate::Gives;
using model::SeccompPolicy;
using oci::Argument;

constexpr model::Answer kDenied{model::Action::kQuiet, 1};

// The rules "allow call 1 where ..." as a policy, and as libseccomp takes them.
struct Pair {
  SeccompPolicy policy;
  std::vector<bpf::Instruction> libseccomp;
};

scmp_compare OperatorOf(Argument::Op op) {
  switch (op) {
    case Argument::Op::kEq:
      return SCMP_CMP_EQ;
    case Argument::Op::kNe:
      return SCMP_CMP_NE;
    case Argument::Op::kLt:
      return SCMP_CMP_LT;
    case Argument::Op::kLe:
      return SCMP_CMP_LE;
    case Argument::Op::kGe:
      return SCMP_CMP_GE;
    case Argument::Op::kGt:
      return SCMP_CMP_GT;
    case Argument::Op::kMaskedEq:
      return SCMP_CMP_MASKED_EQ;
  }
  return SCMP_CMP_EQ;
}

Pair Make(const std::vector<std::vector<Argument>>& rules) {
  constexpr uint32_t kNumber = 1;
  LibseccompFilter filter(SCMP_ACT_ERRNO(1));
  model::CallPolicy call{.number = kNumber, .otherwise = kDenied};
  for (const std::vector<Argument>& rule : rules) {
    model::Condition when = model::Always();
    std::vector<scmp_arg_cmp> arguments;
    for (const Argument& argument : rule) {
      when.of.push_back(ToCondition(argument));
      arguments.push_back({argument.index, OperatorOf(argument.op),
                           argument.value, argument.value2});
    }
    call.clauses.push_back({std::move(when), model::kAllowed, {}});
    EXPECT_TRUE(filter.Add(SCMP_ACT_ALLOW, kNumber, arguments));
  }
  return {{.calls = {std::move(call)}, .unlisted = kDenied}, filter.Export()};
}

struct Count {
  size_t policies = 0;
  size_t libseccomp_wrong = 0;
  size_t libseccomp_allows_denied = 0;
};

// Ours must be right on every call; libseccomp's errors are counted.
void Compare(const Pair& pair, std::span<const std::array<uint64_t, 6>> calls,
             Count& count) {
  const auto program = compile::CompileSeccomp(pair.policy);
  ASSERT_TRUE(program.has_value());
  bool is_wrong = false;
  bool is_lenient = false;
  for (const auto& args : calls) {
    const model::Call call{.number = 1, .args = args};
    const model::Answer answer = Meaning(pair.policy, call);
    const auto data = evaluate::ToData(call);
    const auto ours = Evaluate(program->code(), data);
    ASSERT_TRUE(ours && Gives(*ours, answer)) << std::hex << args[0];
    const auto theirs = Evaluate(pair.libseccomp, data);
    ASSERT_TRUE(theirs.has_value());
    if (Gives(*theirs, answer)) continue;
    is_wrong = true;
    is_lenient |= answer == kDenied;
  }
  ++count.policies;
  count.libseccomp_wrong += is_wrong;
  count.libseccomp_allows_denied += is_lenient;
}

void Print(const Count& count) {
  const scmp_version* version = ::seccomp_version();
  std::printf(
      "libseccomp %u.%u.%u is wrong for %zu of %zu policies, and lets pass "
      "what is denied in %zu\n",
      version->major, version->minor, version->micro, count.libseccomp_wrong,
      count.policies, count.libseccomp_allows_denied);
}

constexpr Argument::Op kOrders[] = {Argument::Op::kEq, Argument::Op::kNe,
                                    Argument::Op::kLt, Argument::Op::kLe,
                                    Argument::Op::kGe, Argument::Op::kGt};

// Six operators, twelve constants, two rules on one argument of 64 bits.
TEST(Libseccomp, EveryPairOfRulesOnOneArgument) {
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
  std::vector<Argument> all;
  std::set<uint64_t> highs;
  std::set<uint64_t> lows;
  for (const uint64_t value : kValues) {
    for (const auto op : kOrders) all.push_back({0, op, value, 0});
    for (const uint64_t near : {value - 1, value, value + 1}) {
      highs.insert(near >> 32);
      lows.insert(near & UINT32_MAX);
    }
  }
  // Every half of a constant and next to it, with every other.
  std::vector<std::array<uint64_t, 6>> calls;
  for (const uint64_t high : highs) {
    for (const uint64_t low : lows) calls.push_back({high << 32 | low});
  }
  Count count;
  for (const Argument& one : all) {
    for (const Argument& other : all) {
      ASSERT_NO_FATAL_FAILURE(Compare(Make({{one}, {other}}), calls, count));
    }
  }
  EXPECT_EQ(count.policies, 5'184u);
  Print(count);
}

TEST(Libseccomp, RandomRules) {
  RandomPolicy random(20260604);
  Count count;
  for (int round = 0; round < 400; ++round) {
    std::vector<std::vector<Argument>> rules(1 + random.Below(3));
    std::vector<std::array<uint64_t, 6>> calls;
    for (std::vector<Argument>& rule : rules) {
      for (uint8_t index = 0; index < 3; ++index) {
        if (random.Below(2) == 0 && !(index == 2 && rule.empty())) continue;
        const bool masked = random.Below(4) == 0;
        rule.push_back({index,
                        masked ? Argument::Op::kMaskedEq
                               : kOrders[random.Below(std::size(kOrders))],
                        random.Value(), masked ? random.Value() : 0});
      }
    }
    const Pair pair = Make(rules);
    for (int i = 0; i < 60; ++i) {
      calls.push_back(random.ArgsNear(pair.policy.calls.front()));
    }
    ASSERT_NO_FATAL_FAILURE(Compare(pair, calls, count)) << round;
  }
  Print(count);
}

}  // namespace
}  // namespace ringfence
