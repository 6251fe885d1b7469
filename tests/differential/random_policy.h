// Seeded random policies and calls, for tests that compare engines.
//
//   RandomPolicy random(20240607);
//   const model::SeccompPolicy policy = random.Policy({1, 2, 39}, 3);
//   const auto args = random.Args();
//
// The same seed gives the same values everywhere: no distribution of <random>
// is used, only the engine, whose output the standard fixes.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "model/seccomp.h"

namespace ringfence {

// Where 32-bit halves, signs and borders of masks go wrong.
inline constexpr uint64_t kBorders[] = {
    0,
    1,
    2,
    5,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFE,
    0xFFFFFFFF,
    0x100000000,
    0x100000001,
    0x100000005,
    0x7FFFFFFFFFFFFFFF,
    0x8000000000000000,
    0xFFFFFFFF00000000,
    0xFFFFFFFFFFFFFFFF,
};

class RandomPolicy {
 public:
  explicit RandomPolicy(uint64_t seed) : engine_(seed) {}

  uint64_t Below(uint64_t bound) { return engine_() % bound; }

  uint64_t Value() {
    switch (Below(4)) {
      case 0:
        return engine_();
      case 1:
        return uint64_t{1} << Below(64);
      default:
        return kBorders[Below(std::size(kBorders))] + Below(3) - 1;
    }
  }

  std::array<uint64_t, 6> Args() {
    std::array<uint64_t, 6> args{};
    for (uint64_t& arg : args) arg = Value();
    return args;
  }

  // `args`: how many arguments are tested, the first ones.
  model::Condition Condition(unsigned depth, unsigned args) {
    using Kind = model::Condition::Kind;
    if (depth == 0 || Below(4) == 0) {
      return {Kind::kTest, Test(args), {}};
    }
    model::Condition condition;
    condition.kind = std::array{Kind::kAll, Kind::kAny, Kind::kNot}[Below(3)];
    const uint64_t parts = condition.kind == Kind::kNot ? 1 : Below(4);
    for (uint64_t i = 0; i < parts; ++i) {
      condition.of.push_back(Condition(depth - 1, args));
    }
    return condition;
  }

  model::Answer Answer() {
    switch (Below(5)) {
      case 0:
        return model::kAllowed;
      case 1:
        return {model::Action::kExplain, 1};
      case 2:
        return {model::Action::kQuiet, static_cast<uint16_t>(1 + Below(4095))};
      case 3:
        return {model::Action::kLog, 0};
      default:
        return model::kKilled;
    }
  }

  // One rule for each of `numbers`, which rise; every other one is plain.
  model::SeccompPolicy Policy(std::span<const uint32_t> numbers,
                              unsigned depth) {
    model::SeccompPolicy policy;
    policy.arch = model::kArchX86_64;
    policy.unlisted = {model::Action::kQuiet, 38};
    for (const uint32_t number : numbers) {
      model::CallPolicy call{.number = number,
                             .name = "call" + std::to_string(number)};
      call.otherwise = Answer();
      for (uint64_t clauses = Below(4); clauses > 1; --clauses) {
        call.clauses.push_back({Condition(depth, 3), Answer(), {}});
      }
      policy.calls.push_back(std::move(call));
    }
    return policy;
  }

  // Calls likely to show a wrong test: args made of the constants of
  // `call` and their neighbours.
  std::array<uint64_t, 6> ArgsNear(const model::CallPolicy& call) {
    std::vector<uint64_t> values;
    for (const model::Clause& clause : call.clauses) {
      Collect(clause.when, values);
    }
    std::array<uint64_t, 6> args = Args();
    for (uint64_t& arg : args) {
      if (values.empty() || Below(4) == 0) continue;
      arg = values[Below(values.size())];
      if (Below(3) == 0) arg += Below(3) - 1;
      if (Below(3) == 0) arg ^= uint64_t{1} << Below(64);
      if (Below(4) == 0) arg ^= engine_() << 32;
    }
    return args;
  }

 private:
  model::ArgTest Test(unsigned args) {
    model::ArgTest test;
    test.arg = static_cast<uint8_t>(Below(args));
    test.width = Below(2) == 0 ? model::Width::kLow32 : model::Width::kFull64;
    const uint64_t width = test.width == model::Width::kLow32
                               ? uint64_t{0xFFFFFFFF}
                               : ~uint64_t{0};
    test.mask = width;
    test.value = Value() & width;
    if (Below(2) == 0) {
      test.relation = model::ArgTest::Relation::kAtLeast;
    } else if (Below(2) == 0) {
      test.mask = (Below(2) == 0 ? Value() : engine_() & engine_()) & width;
      // Now and then a value that the mask can never give.
      if (Below(8) != 0) test.value &= test.mask;
      if (Below(3) == 0) test.value = 0;
    }
    return test;
  }

  static void Collect(const model::Condition& condition,
                      std::vector<uint64_t>& values) {
    if (condition.kind == model::Condition::Kind::kTest) {
      values.push_back(condition.test.value);
      values.push_back(condition.test.mask);
      values.push_back(~condition.test.mask | condition.test.value);
    }
    for (const model::Condition& part : condition.of) Collect(part, values);
  }

  std::mt19937_64 engine_;
};

}  // namespace ringfence
