// Docker's default profile, imported, against its verdict table: the meaning of
// the import, the program compiled from it, and that program in the kernel.
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>

#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "../differential/kernel.h"
#include "compile/seccomp.h"
#include "evaluate/confirm.h"
#include "evaluate/cost.h"
#include "evaluate/evaluate.h"
#include "oci/import.h"
#include "paths/paths.h"
#include "syntax/render.h"
#include "verdicts/verdict_table.h"

namespace ringfence {
namespace {

const std::string kFolder = SourceDirectory() + "/tests/verdicts";

struct Compiled {
  model::SeccompPolicy policy;
  bpf::Program program;
};

std::optional<Compiled> Import(uint32_t arch) {
  // What a container has that was started without --cap-add and --cap-drop.
  const oci::Host host{
      .arch = arch,
      .capabilities = {"CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE",
                       "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_MKNOD",
                       "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETFCAP",
                       "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID",
                       "CAP_SYS_CHROOT"}};
  const std::string path = kFolder + "/docker-default.json";
  std::ifstream stream(path);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  syntax::Diagnostics diagnostics;
  auto imported = oci::ImportOci(text, path, host, diagnostics);
  if (!imported) {
    ADD_FAILURE() << Render(diagnostics, {{path, text}}, syntax::Colour::kOff);
    return std::nullopt;
  }
  const auto program = compile::CompileSeccomp(imported->policy);
  if (!program) {
    ADD_FAILURE() << program.error().why;
    return std::nullopt;
  }
  const auto confirmed = evaluate::Confirm(imported->policy, *program);
  if (!confirmed) ADD_FAILURE() << Describe(confirmed.error());
  return Compiled{std::move(imported->policy), *program};
}

std::string Place(const VerdictRow& row) {
  return "docker.tsv:" + std::to_string(row.line) + ": " + row.arch + " " +
         row.text + " (" + row.why + ")";
}

class DockerDefault : public testing::Test {
 protected:
  void SetUp() override {
    for (const uint32_t arch : {model::kArchX86_64, model::kArchAarch64}) {
      auto compiled = Import(arch);
      ASSERT_TRUE(compiled.has_value());
      compiled_.emplace(arch, *std::move(compiled));
    }
    ASSERT_GT(rows_.size(), 150u);
  }

  std::map<uint32_t, Compiled> compiled_;
  std::vector<VerdictRow> rows_ = LoadVerdictFile(kFolder + "/docker.tsv");
};

TEST_F(DockerDefault, IsWhatTheTableSays) {
  for (const VerdictRow& row : rows_) {
    const auto answer = Meaning(compiled_.at(row.policy_arch).policy, row.call);
    EXPECT_TRUE(IsExpected(row, answer))
        << Place(row) << ": the import answers "
        << static_cast<int>(answer.action) << " " << answer.error;
  }
}

TEST_F(DockerDefault, ItsProgramReturnsWhatTheTableSays) {
  for (const VerdictRow& row : rows_) {
    const auto raw =
        evaluate::Evaluate(compiled_.at(row.policy_arch).program.code(),
                           evaluate::ToData(row.call));
    ASSERT_TRUE(raw.has_value()) << Place(row);
    const auto answer = evaluate::ToAnswer(*raw);
    EXPECT_TRUE(answer && IsExpected(row, *answer))
        << Place(row) << ": the program returns " << std::hex << *raw;
  }
}

TEST_F(DockerDefault, EveryPlainAllow_IsCachedByTheKernel) {
  for (const auto& [arch, compiled] : compiled_) {
    size_t plain = 0;
    for (const model::CallPolicy& call : compiled.policy.calls) {
      if (!call.clauses.empty() || call.otherwise != model::kAllowed) continue;
      ++plain;
      EXPECT_TRUE(
          evaluate::IsConstantAllow(compiled.program.code(), arch, call.number))
          << call.name;
    }
    EXPECT_GT(plain, 200u);
  }
}

#if defined(__x86_64__)
TEST_F(DockerDefault, TheKernelAnswersAsTheTableSays) {
  const auto code = compiled_.at(model::kArchX86_64).program.code();
  const bpf::Instruction allow[] = {{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
  std::vector<const VerdictRow*> rows;
  std::vector<LiveCall> calls;
  size_t killed = 0;
  for (const VerdictRow& row : rows_) {
    if (!row.live || row.policy_arch != model::kArchX86_64) continue;
    const LiveCall call{row.call.number, row.call.args};
    if (row.expected == model::Action::kKill) {
      EXPECT_EQ(RunInKernel(code, {&call, 1}).signal, SIGSYS) << Place(row);
      EXPECT_EQ(RunInKernel(allow, {&call, 1}).signal, 0) << Place(row);
      ++killed;
      continue;
    }
    rows.push_back(&row);
    calls.push_back(call);
  }
  const LiveRun inside = RunInKernel(code, calls);
  const LiveRun outside = RunInKernel(allow, calls);
  ASSERT_EQ(inside.results.size(), rows.size()) << inside.signal;
  ASSERT_EQ(outside.results.size(), rows.size()) << outside.signal;
  size_t denied = 0;
  size_t undecided = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const int wanted = rows[i]->expected == model::Action::kAllow
                           ? outside.results[i]
                           : rows[i]->error;
    EXPECT_EQ(inside.results[i], wanted) << Place(*rows[i]);
    if (rows[i]->expected == model::Action::kAllow) continue;
    // An ordinary user is refused some of them by the kernel itself.
    const bool decides = outside.results[i] != wanted;
    denied += decides;
    undecided += !decides;
  }
  RecordProperty("undecided", static_cast<int>(undecided));
  EXPECT_GT(denied, 40u);
  EXPECT_GT(killed, 1u);
}
#endif

}  // namespace
}  // namespace ringfence
