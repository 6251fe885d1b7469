// The verdict tables against the shipped profiles: their meaning, and the
// programs compiled from them.
#include <gtest/gtest.h>
#include <linux/filter.h>

#include <map>
#include <set>
#include <string>

#include "../unit/resolve/sample.h"
#include "compile/seccomp.h"
#include "evaluate/confirm.h"
#include "evaluate/evaluate.h"
#include "paths/paths.h"
#include "resolve/level.h"
#include "verdicts/verdict_table.h"

namespace ringfence {
namespace {

using evaluate::Confirm;
using evaluate::Evaluate;
using evaluate::Gives;

const std::string kFolder = SourceDirectory() + "/tests/verdicts";

struct Compiled {
  model::SeccompPolicy policy;
  bpf::Program program;
};

// By architecture.
std::map<uint32_t, Compiled> CompileLevel(const char* name) {
  const resolve::Library library = resolve::Library::Shipped();
  syntax::Diagnostics diagnostics;
  const auto level = resolve::ResolveLevel(name, library.Find(), diagnostics);
  EXPECT_TRUE(level.has_value());
  std::map<uint32_t, Compiled> compiled;
  if (!level) return compiled;
  for (const model::SeccompPolicy& policy : level->seccomp) {
    const auto program = compile::CompileSeccomp(policy);
    if (!program) {
      ADD_FAILURE() << program.error().why;
      continue;
    }
    const auto confirmed = Confirm(policy, *program);
    if (!confirmed) ADD_FAILURE() << Describe(confirmed.error());
    compiled.emplace(policy.arch, Compiled{policy, *program});
  }
  return compiled;
}

class Verdicts : public testing::TestWithParam<const char*> {
 protected:
  std::vector<VerdictRow> rows_ = LoadVerdicts(kFolder, GetParam());
  std::map<uint32_t, Compiled> compiled_ = CompileLevel(GetParam());
};

INSTANTIATE_TEST_SUITE_P(Levels, Verdicts,
                         testing::Values("critical", "internal", "public",
                                         "untrusted"),
                         [](const auto& level) {
                           return std::string(level.param);
                         });

TEST_P(Verdicts, AreTheMeaningOfTheProfile) {
  ASSERT_GT(rows_.size(), 150u);
  for (const VerdictRow& row : rows_) {
    const model::Answer answer =
        Meaning(compiled_.at(row.policy_arch).policy, row.call);
    EXPECT_TRUE(IsExpected(row, answer))
        << row.file << ":" << row.line << ": " << row.arch << " " << row.text
        << " (" << row.why << "): the profile answers "
        << static_cast<int>(answer.action) << " " << answer.error;
  }
}

TEST_P(Verdicts, AreWhatTheCompiledProgramReturns) {
  for (const VerdictRow& row : rows_) {
    const Compiled& compiled = compiled_.at(row.policy_arch);
    const auto raw =
        Evaluate(compiled.program.code(), evaluate::ToData(row.call));
    ASSERT_TRUE(raw.has_value()) << row.text;
    auto answer = evaluate::ToAnswer(*raw);
    ASSERT_TRUE(answer.has_value()) << row.text << " " << *raw;
    // A notification's errno is the supervisor's, who has it from the policy.
    if (answer->action == model::Action::kExplain) {
      answer->error = Meaning(compiled.policy, row.call).error;
    }
    EXPECT_TRUE(IsExpected(row, *answer))
        << row.file << ":" << row.line << ": " << row.arch << " " << row.text
        << " (" << row.why << "): the program returns " << std::hex << *raw;
  }
}

TEST_P(Verdicts, NoRowIsThereTwice) {
  std::set<std::string> seen;
  for (const VerdictRow& row : rows_) {
    EXPECT_TRUE(seen.insert(row.arch + " " + row.text).second)
        << row.file << ":" << row.line;
  }
}

// No level allows what has no name: the holes of the table, and what comes
// after it.
TEST_P(Verdicts, NumbersWithoutACall_AreNeverAllowed) {
  for (const auto& [arch, compiled] : compiled_) {
    for (uint32_t number = 0; number < 4096; ++number) {
      if (Find(compiled.policy, number) != nullptr) continue;
      const auto raw =
          Evaluate(compiled.program.code(), {.nr = number, .arch = arch});
      ASSERT_TRUE(raw.has_value());
      EXPECT_TRUE(Gives(*raw, {model::Action::kQuiet, 38})) << number;
    }
  }
}

TEST_P(Verdicts, ProgramsStaySmall) {
  for (const auto& [arch, compiled] : compiled_) {
    size_t compares = 0;
    const auto code = compiled.program.code();
    for (const bpf::Instruction& in : code) {
      compares += in.code == (BPF_JMP | BPF_JGE | BPF_K);
    }
    RecordProperty("instructions", static_cast<int>(code.size()));
    RecordProperty("jge", static_cast<int>(compares));
    // libseccomp needs 336 for a profile of Docker's size.
    EXPECT_LT(code.size(), 336u) << std::hex << arch;
  }
}

}  // namespace
}  // namespace ringfence
