// ringfence-prove: the commands that need Z3. Started by ringfence with the
// same arguments, and by ringfence-policy for the proof of one filter.

#include <malloc.h>
#include <unistd.h>

#include <cstdio>
#include <string_view>

#include "base/exhaustion.h"
#include "certify/obligation.h"
#include "cli/command_audit_filter.h"
#include "cli/command_check.h"
#include "cli/command_diff.h"
#include "cli/command_prove.h"
#include "cli/command_report.h"
#include "cli/proving.h"
#include "cli/standard_output.h"
#include "prove/claims.h"
#include "sys/file.h"

namespace {

using namespace ringfence;

int Undecided(const std::string& why) {
  std::fputs(why.c_str(), stdout);
  return cli::kUndecided;
}

int ProveObligation() {
  constexpr size_t kMaxObligation = size_t{64} << 20;
  const auto bytes = sys::ReadAll(STDIN_FILENO, kMaxObligation);
  const auto obligation = bytes ? certify::Decode(*bytes) : std::nullopt;
  if (!obligation) return Undecided("the claim is damaged");
  prove::Prover prover;
  const prove::Judgement judgement =
      prove::ProveFilter(prover, obligation->source, obligation->program);
  if (std::holds_alternative<prove::Proved>(judgement)) return 0;
  if (const auto* open = std::get_if<prove::Undecided>(&judgement)) {
    return Undecided(open->why);
  }
  const auto& difference = std::get<prove::Difference>(judgement);
  std::printf("call %u(", difference.call.nr);
  for (const uint64_t arg : difference.call.args) {
    std::printf("%#llx, ", static_cast<unsigned long long>(arg));
  }
  std::printf("...) is %s by the policy and %s by the filter",
              prove::Text(difference.first).c_str(),
              prove::Text(difference.second).c_str());
  return cli::kRefuted;
}

// Z3 gives much back between two questions. A process that soon ends has more
// from keeping it than from having it faulted in again (mallopt(3)).
void KeepMemory() {
  constexpr int kKept = 256 << 20;
  constexpr int kMapped = 32 << 20;  // the most that there is
  ::mallopt(M_TRIM_THRESHOLD, kKept);
  ::mallopt(M_MMAP_THRESHOLD, kMapped);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace ringfence::cli;
  ringfence::PrepareForExhaustion();
  KeepMemory();
  const std::string_view name = argc > 1 ? argv[1] : "";
  if (name == kObligation) return FinishOutput(ProveObligation());
  if (name == "check") return RunWhole(RunCheck, argc - 1, argv + 1);
  if (name == "prove") return RunWhole(RunProve, argc - 1, argv + 1);
  if (name == "audit-filter")
    return RunWhole(RunAuditFilter, argc - 1, argv + 1);
  if (name == "report") return RunWhole(RunReport, argc - 1, argv + 1);
  if (name == "diff") return RunWhole(RunDiff, argc - 1, argv + 1);
  std::fputs("ringfence: start this through `ringfence`\n", stderr);
  return 2;
}
