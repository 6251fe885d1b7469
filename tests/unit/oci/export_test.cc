#include "oci/export.h"

#include <gtest/gtest.h>

#include "../../differential/libseccomp.h"
#include "../../differential/random_policy.h"
#include "compile/seccomp.h"
#include "evaluate/confirm.h"
#include "evaluate/evaluate.h"
#include "oci/import.h"
#include "resolve/syscall_table.h"
#include "syntax/render.h"

namespace ringfence::oci {
namespace {

using model::Action;
using model::Answer;
using model::SeccompPolicy;

// The policy as it is without a supervisor of ours.
SeccompPolicy Alone(SeccompPolicy policy) {
  const auto quiet = [](Answer& answer) {
    if (answer.action == Action::kExplain) answer.action = Action::kQuiet;
  };
  quiet(policy.unlisted);
  for (model::CallPolicy& call : policy.calls) {
    quiet(call.otherwise);
    for (model::Clause& clause : call.clauses) quiet(clause.then);
  }
  return policy;
}

// One call in `sparse` has rules.
SeccompPolicy RandomNamed(RandomPolicy& random, uint64_t sparse) {
  std::vector<uint32_t> numbers;
  for (const auto& call : resolve::Syscalls(model::kArchX86_64)) {
    // Newer calls have no name in the installed libseccomp.
    if (random.Below(sparse) == 0 &&
        call.since <= resolve::KernelVersion{5, 15}) {
      numbers.push_back(call.number);
    }
  }
  SeccompPolicy policy = random.Policy(numbers, 1);
  for (model::CallPolicy& call : policy.calls) {
    call.name = resolve::FindSyscall(policy.arch, call.number)->name;
  }
  return policy;
}

// Complete: Confirm compares for every call, not for a sample.
TEST(ExportOci, TheImportOfAnExport_IsThePolicy) {
  RandomPolicy random(20260602);
  size_t exported = 0;
  for (int round = 0; round < 40; ++round) {
    const SeccompPolicy policy = RandomNamed(random, 300);
    const auto json = ExportOci(policy);
    // Conditions written out as alternatives can get long.
    if (!json || json->size() > 10'000) continue;
    syntax::Diagnostics diagnostics;
    const auto again = ImportOci(*json, "e.json", {}, diagnostics);
    ASSERT_TRUE(again.has_value()) << syntax::Render(
        diagnostics, {{"e.json", *json}}, syntax::Colour::kOff);
    const auto program = compile::CompileSeccomp(again->policy);
    if (!program) continue;  // too many comparisons for one program
    const auto confirmed = evaluate::Confirm(Alone(policy), *program);
    // Too many masks on one argument to be followed.
    if (!confirmed && !confirmed.error().returned) continue;
    ASSERT_TRUE(confirmed.has_value())
        << round << " " << Describe(confirmed.error());
    ++exported;
  }
  EXPECT_GT(exported, 10u);
}

TEST(ExportOci, LibseccompAgreesOnWhatWasExported) {
  RandomPolicy random(20260603);
  size_t compared = 0;
  for (int round = 0; round < 60; ++round) {
    const SeccompPolicy policy = RandomNamed(random, 60);
    const auto json = ExportOci(policy);
    // libseccomp takes long for many rules of one call.
    if (!json || json->size() > 20'000) continue;
    ++compared;
    const auto code = LibseccompOfProfile(*json, 1);
    for (const model::CallPolicy& listed : policy.calls) {
      for (int i = 0; i < 50; ++i) {
        const model::Call call{.number = listed.number,
                               .args = random.ArgsNear(listed)};
        const auto raw = evaluate::Evaluate(code, evaluate::ToData(call));
        ASSERT_TRUE(raw && evaluate::Gives(*raw, Meaning(Alone(policy), call)))
            << round << " " << listed.name;
      }
    }
  }
  EXPECT_GT(compared, 5u);
}

TEST(ExportOci, AnUnnamedNumber_IsAnError) {
  const SeccompPolicy policy{
      .calls = {{.number = 400, .name = "", .otherwise = model::kAllowed}},
      .unlisted = model::kKilled};
  const auto json = ExportOci(policy);
  ASSERT_FALSE(json.has_value());
  EXPECT_NE(json.error().find("400"), std::string::npos);
}

TEST(ExportOci, TooManyComparisons_AreAnError) {
  // Every bit of four arguments on its own.
  model::Condition all;
  for (uint8_t arg = 0; arg < 4; ++arg) {
    model::Condition below{
        model::Condition::Kind::kTest,
        {arg, model::Width::kFull64, model::ArgTest::Relation::kAtLeast,
         ~uint64_t{0}, 0x5555555555555555},
        {}};
    all.of.push_back(below);
  }
  const SeccompPolicy policy{.calls = {{.number = 0,
                                        .name = "read",
                                        .clauses = {{all, model::kAllowed, {}}},
                                        .otherwise = {Action::kQuiet, 1}}},
                             .unlisted = model::kKilled};
  EXPECT_FALSE(ExportOci(policy).has_value());
}

}  // namespace
}  // namespace ringfence::oci
