#include "oci/export.h"

#include <gtest/gtest.h>

#include "../../differential/libseccomp.h"
#include "../../differential/random_policy.h"
#include "evaluate/evaluate.h"
#include "oci/import.h"
#include "prove/prover.h"
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

// One call in 60 has rules.
SeccompPolicy RandomNamed(RandomPolicy& random) {
  std::vector<uint32_t> numbers;
  for (const auto& call : resolve::Syscalls(model::kArchX86_64)) {
    // Newer calls have no name in the installed libseccomp.
    if (random.Below(60) == 0 && call.since <= resolve::KernelVersion{5, 15}) {
      numbers.push_back(call.number);
    }
  }
  SeccompPolicy policy = random.Policy(numbers, 1);
  for (model::CallPolicy& call : policy.calls) {
    call.name = resolve::FindSyscall(policy.arch, call.number)->name;
  }
  return policy;
}

// Complete: proved for every call and all arguments, not for a sample.
TEST(ExportOci, TheImportOfAnExport_IsThePolicy) {
  RandomPolicy random(20260602);
  size_t exported = 0;
  for (int round = 0; round < 100; ++round) {
    const SeccompPolicy policy = RandomNamed(random);
    const auto json = ExportOci(policy);
    if (!json) continue;  // too many comparisons, or too long
    syntax::Diagnostics diagnostics;
    const auto again = ImportOci(*json, "e.json", {}, diagnostics);
    ASSERT_TRUE(again.has_value()) << syntax::Render(
        diagnostics, {{"e.json", *json}}, syntax::Colour::kOff);
    const SeccompPolicy alone = Alone(policy);
    prove::Prover prover;
    const auto differences = prover.Compare(
        prove::Subject::Policy(alone, prove::Reading::kReturned),
        prove::Subject::Policy(again->policy, prove::Reading::kReturned),
        prove::Relation::kEqual, prove::Search::kFirst);
    ASSERT_TRUE(differences.has_value())
        << round << " " << differences.error().why;
    ASSERT_TRUE(differences->empty())
        << round << ": call " << differences->front().call.nr;
    ++exported;
  }
  EXPECT_GT(exported, 50u);
}

TEST(ExportOci, LibseccompAgreesOnWhatWasExported) {
  RandomPolicy random(20260603);
  size_t compared = 0;
  for (int round = 0; round < 60; ++round) {
    const SeccompPolicy policy = RandomNamed(random);
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

// What can be read again is written only.
TEST(ExportOci, AProfileThatIsTooLong_IsAnError) {
  const auto below = [](uint8_t arg, uint64_t value) {
    return model::Condition{
        model::Condition::Kind::kTest,
        {arg, model::Width::kFull64, model::ArgTest::Relation::kAtLeast,
         ~uint64_t{0}, value},
        {}};
  };
  SeccompPolicy policy{.unlisted = model::kKilled};
  for (const uint32_t number : {0u, 1u, 2u, 3u}) {
    model::Condition all{model::Condition::Kind::kAll, {}, {}};
    all.of = {below(0, 0x5555555555555555 + number),
              below(1, 0x5555555555555555)};
    policy.calls.push_back(
        {.number = number,
         .name = std::string(resolve::FindSyscall(policy.arch, number)->name),
         .clauses = {{all, model::kAllowed, {}}},
         .otherwise = {Action::kQuiet, 1}});
  }
  const auto json = ExportOci(policy);
  ASSERT_FALSE(json.has_value());
  EXPECT_NE(json.error().find("bytes"), std::string::npos) << json.error();
  policy.calls.resize(1);
  EXPECT_TRUE(ExportOci(policy).has_value());
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
