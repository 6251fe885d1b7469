// Any policy: the emitted program gives its answers, by the complete
// comparison (Confirm) and, independently of that, call by call.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "compile/seccomp.h"
#include "evaluate/confirm.h"
#include "evaluate/evaluate.h"
#include "input.h"
#include "model/seccomp.h"

namespace {

using ringfence::Check;
using ringfence::fuzz::Input;
namespace compile = ringfence::compile;
namespace evaluate = ringfence::evaluate;
using namespace ringfence::model;

constexpr int kMostDepth = 3;

Answer TakeAnswer(Input& input) {
  switch (input.Below(8)) {
    case 0:
      return kAllowed;
    case 1:
      return {Action::kExplain, 1};
    case 2:
      return {Action::kQuiet, static_cast<uint16_t>(1 + input.Below(40))};
    case 3:
      return {Action::kLog, 0};
    case 4:
      return {Action::kKillThread, 0};
    case 5:
      return {Action::kTrap, 0};
    case 6:
      return {Action::kTrace, static_cast<uint16_t>(input.Below(40))};
    default:
      return kKilled;
  }
}

ArgTest TakeTest(Input& input) {
  ArgTest test{.arg = input.Below(6)};
  const bool wide = input.Below(2) != 0;
  const uint64_t ones = wide ? ~uint64_t{0} : 0xFFFFFFFF;
  test.width = wide ? Width::kFull64 : Width::kLow32;
  const bool at_least = input.Below(2) != 0;
  test.relation =
      at_least ? ArgTest::Relation::kAtLeast : ArgTest::Relation::kEqual;
  test.mask = ones;
  if (!at_least && input.Below(2) != 0)
    test.mask = input.Take<uint64_t>() & ones;
  test.value = input.Take<uint64_t>() & ones;
  return test;
}

Condition TakeCondition(Input& input, int depth) {
  using Kind = Condition::Kind;
  const Kind kind =
      depth == kMostDepth ? Kind::kTest : static_cast<Kind>(input.Below(4));
  Condition condition{.kind = kind, .test = {}, .of = {}};
  if (kind == Kind::kTest) {
    condition.test = TakeTest(input);
    return condition;
  }
  const int operands = kind == Kind::kNot ? 1 : input.Below(4);
  for (int i = 0; i < operands; ++i) {
    condition.of.push_back(TakeCondition(input, depth + 1));
  }
  return condition;
}

SeccompPolicy TakePolicy(Input& input) {
  SeccompPolicy policy;
  policy.arch = input.Below(2) != 0 ? kArchAarch64 : kArchX86_64;
  policy.unlisted = {Action::kQuiet, 38};
  uint32_t number = input.Below(8);
  const int calls = input.Below(6);
  for (int i = 0; i < calls; ++i) {
    CallPolicy call{.number = number,
                    .name = std::to_string(number),
                    .clauses = {},
                    .otherwise = TakeAnswer(input),
                    .source = {}};
    for (int clauses = input.Below(3); clauses > 0; --clauses) {
      call.clauses.push_back({.when = TakeCondition(input, 0),
                              .then = TakeAnswer(input),
                              .source = {}});
    }
    policy.calls.push_back(std::move(call));
    number += 1u + input.Below(200);
  }
  return policy;
}

void CollectValues(const Condition& condition, std::vector<uint64_t>& values) {
  if (condition.kind == Condition::Kind::kTest) {
    const ArgTest& test = condition.test;
    for (const uint64_t value : {test.value, test.mask, ~test.mask}) {
      values.insert(values.end(),
                    {value, value - 1, value + 1, value ^ (uint64_t{1} << 32)});
    }
  }
  for (const Condition& part : condition.of) CollectValues(part, values);
}

void CompareCalls(const SeccompPolicy& policy,
                  const ringfence::bpf::Program& program) {
  for (const CallPolicy& listed : policy.calls) {
    std::vector<uint64_t> values = {0, ~uint64_t{0}};
    for (const Clause& clause : listed.clauses) {
      CollectValues(clause.when, values);
    }
    for (const uint64_t value : values) {
      for (const uint32_t number : {listed.number, listed.number + 1}) {
        Call call{.number = number, .arch = policy.arch, .args = {}};
        call.args.fill(value);
        const auto raw =
            evaluate::Evaluate(program.code(), evaluate::ToData(call));
        Check(raw && evaluate::Gives(*raw, Meaning(policy, call)),
              "the program and its policy differ, and Confirm did not see it");
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input({data, size});
  const SeccompPolicy policy = TakePolicy(input);
  auto program = compile::CompileSeccomp(policy);
  if (!program) return 0;  // too big for one program, and it says so
  const auto again = compile::CompileSeccomp(policy);
  Check(again && *again == *program, "the same policy gives another program");
  const auto confirmed = evaluate::Confirm(policy, *std::move(program));
  if (!confirmed) {
    ringfence::CheckFailed(evaluate::Describe(confirmed.error()).c_str());
  }
  CompareCalls(policy, confirmed->program());
  return 0;
}
