// The small scope: policies of up to three rules over three system calls and
// two arguments, with every comparison and every constant at which halves,
// signs and widths change. Program and meaning agree at the constants and next
// to them. A rule is one comparison; a single rule is also two of them, on both
// arguments.
//
// What is left out by symmetry:
//   - Which call has which rules: calls differ in their number only. Three
//     rules are tried as 3, as 2 + 1 and as 1 + 1 + 1.
//   - Which argument is which: they differ in their offset only, and
//     SixArguments_EachWithItsOwnOffset tries each. Three rules for one call
//     test one argument, or two of them one and the third the other.
//   - The order of rules for one call, which is OR.
// What is left out for its number: three rules of two comparisons each. Random
// policies have those (SeccompRandom).
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "compile/seccomp.h"
#include "evaluate/evaluate.h"

namespace ringfence::compile {
namespace {

using model::Answer;
using model::ArgTest;
using model::CallPolicy;
using model::Condition;
using model::SeccompPolicy;

constexpr Answer kDenied{model::Action::kQuiet, 1};

constexpr uint64_t kConstants[] = {0,
                                   1,
                                   0x7FFFFFFF,
                                   0x80000000,
                                   0xFFFFFFFF,
                                   0x100000000,
                                   0x100000001,
                                   0x7FFFFFFFFFFFFFFF,
                                   0x8000000000000000,
                                   0xFFFFFFFFFFFFFFFF};

Condition Not(Condition condition) {
  return {Condition::Kind::kNot, {}, {std::move(condition)}};
}

Condition Test(uint8_t arg, ArgTest::Relation relation, uint64_t value) {
  return {Condition::Kind::kTest,
          {arg, model::Width::kFull64, relation, ~uint64_t{0}, value},
          {}};
}

// ==, !=, >=, <, >, <= for each constant.
std::vector<Condition> Comparisons(uint8_t arg) {
  using enum ArgTest::Relation;
  std::vector<Condition> all;
  for (const uint64_t value : kConstants) {
    const bool is_last = value == ~uint64_t{0};
    const Condition above = is_last ? Condition{Condition::Kind::kAny, {}, {}}
                                    : Test(arg, kAtLeast, value + 1);
    for (const Condition& one :
         {Test(arg, kEqual, value), Test(arg, kAtLeast, value), above}) {
      all.push_back(one);
      all.push_back(Not(one));
    }
  }
  return all;
}

std::vector<uint64_t> Probes() {
  std::vector<uint64_t> probes;
  for (const uint64_t value : kConstants) {
    probes.insert(probes.end(), {value - 1, value, value + 1});
  }
  std::ranges::sort(probes);
  const auto rest = std::ranges::unique(probes);
  probes.erase(rest.begin(), rest.end());
  return probes;
}

class SmallScope : public ::testing::Test {
 protected:
  // Rules of one call: allowed where one of them holds.
  using Rules = std::vector<const Condition*>;

  // Adds a policy in which call i has rules[i], and compares it at every probe;
  // `both`: at every pair of probes.
  ::testing::AssertionResult Try(std::span<const Rules> calls, bool both) {
    SeccompPolicy policy{.unlisted = {model::Action::kQuiet, 38}};
    for (uint32_t number = 0; number < calls.size(); ++number) {
      CallPolicy call{.number = number * 2, .otherwise = kDenied};
      for (const Condition* rule : calls[number]) {
        call.clauses.push_back({*rule, model::kAllowed, {}});
      }
      policy.calls.push_back(std::move(call));
    }
    const auto program = CompileSeccomp(policy);
    if (!program) return ::testing::AssertionFailure() << "too big";
    ++policies_;
    for (const CallPolicy& call : policy.calls) {
      for (const uint64_t first : probes_) {
        for (const uint64_t second : probes_) {
          if (!Agrees(policy, *program,
                      {.number = call.number, .args = {first, second}})) {
            return ::testing::AssertionFailure()
                   << "call " << call.number << std::hex << " " << first << " "
                   << second;
          }
          if (!both) break;
        }
      }
    }
    return ::testing::AssertionSuccess();
  }

  void TearDown() override {
    RecordProperty("policies", static_cast<int>(policies_));
    std::printf("%zu policies, %zu calls\n", policies_, calls_);
  }

  const std::vector<Condition> first_ = Comparisons(0);
  const std::vector<Condition> second_ = Comparisons(1);
  size_t policies_ = 0;

 private:
  bool Agrees(const SeccompPolicy& policy, const bpf::Program& program,
              const model::Call& call) {
    ++calls_;
    const auto raw = evaluate::Evaluate(program.code(), evaluate::ToData(call));
    return raw && evaluate::Gives(*raw, Meaning(policy, call));
  }

  const std::vector<uint64_t> probes_ = Probes();
  size_t calls_ = 0;
};

TEST_F(SmallScope, ThreeRulesForOneCall_OnOneArgument) {
  // Fewer than three are among them: a rule that is there twice.
  for (size_t a = 0; a < first_.size(); ++a) {
    for (size_t b = a; b < first_.size(); ++b) {
      for (size_t c = b; c < first_.size(); ++c) {
        const Rules rules[] = {{&first_[a], &first_[b], &first_[c]}};
        ASSERT_TRUE(Try(rules, false)) << a << " " << b << " " << c;
      }
    }
  }
  EXPECT_EQ(policies_, 37'820u);
}

TEST_F(SmallScope, ThreeRulesForOneCall_OnTwoArguments) {
  for (size_t a = 0; a < first_.size(); ++a) {
    for (size_t b = a; b < first_.size(); ++b) {
      for (const Condition& c : second_) {
        const Rules rules[] = {{&first_[a], &first_[b], &c}};
        ASSERT_TRUE(Try(rules, true)) << a << " " << b;
      }
    }
  }
  EXPECT_EQ(policies_, 109'800u);
}

TEST_F(SmallScope, TwoRulesForOneCall_OneForAnother) {
  for (size_t a = 0; a < first_.size(); ++a) {
    for (size_t b = a; b < first_.size(); ++b) {
      for (const Condition& c : first_) {
        const Rules rules[] = {{&first_[a], &first_[b]}, {&c}, {}};
        ASSERT_TRUE(Try(rules, false)) << a << " " << b;
      }
    }
  }
  EXPECT_EQ(policies_, 109'800u);
}

TEST_F(SmallScope, OneRuleForEachOfThreeCalls) {
  for (size_t a = 0; a < first_.size(); ++a) {
    for (size_t b = a; b < first_.size(); ++b) {
      for (size_t c = b; c < first_.size(); ++c) {
        const Rules rules[] = {{&first_[a]}, {&first_[b]}, {&first_[c]}};
        ASSERT_TRUE(Try(rules, false)) << a << " " << b << " " << c;
      }
    }
  }
  EXPECT_EQ(policies_, 37'820u);
}

// One rule that tests both arguments.
TEST_F(SmallScope, BothArgumentsInOneRule) {
  for (const Condition& a : first_) {
    for (const Condition& b : second_) {
      for (const auto kind : {Condition::Kind::kAll, Condition::Kind::kAny}) {
        const Condition both{kind, {}, {a, b}};
        const Rules rules[] = {{&both}};
        ASSERT_TRUE(Try(rules, true));
      }
    }
  }
  EXPECT_EQ(policies_, 7'200u);
}

}  // namespace
}  // namespace ringfence::compile
