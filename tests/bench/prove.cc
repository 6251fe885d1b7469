// What a proof costs: processor time on one core besides the start of the
// program and the loading of Z3, the median of kRounds.
//
//   ninja -C build/dev bench_prove && build/dev/tests/bench_prove
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "cli/changes.h"
#include "cli/load.h"
#include "prove/claims.h"
#include "prove/shipped.h"

namespace ringfence {
namespace {

constexpr int kRounds = 15;

double Milliseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 +
         static_cast<double>(now.tv_nsec) / 1e6;
}

void Measure(const char* what, double aim, const std::function<bool()>& run) {
  std::vector<double> times;
  bool good = true;
  for (int round = 0; round < kRounds; ++round) {
    const double start = Milliseconds();
    good = run() && good;
    times.push_back(Milliseconds() - start);
  }
  std::ranges::sort(times);
  const double median = times[times.size() / 2];
  std::printf("%-52s %7.1f ms, aim %5.0f ms: %s%s\n", what, median, aim,
              median <= aim ? "met" : "MISSED", good ? "" : ", WRONG RESULT");
}

bool Proves(const model::SeccompPolicy& policy) {
  const auto program = compile::CompileSeccomp(policy);
  if (!program) return false;
  prove::Prover prover;
  return std::holds_alternative<prove::Proved>(
      prove::ProveFilter(prover, policy, program->code()));
}

int Main(int argc, char** argv) {
  // Another filter by its OCI profile: Docker's, or containers-common's.
  const std::string foreign =
      argc > 1 ? argv[1] : "/usr/share/containers/seccomp.json";
  const auto oci = cli::Load(cli::PlaceOf(foreign), "");
  if (oci) {
    Measure(("filter equals source: " + foreign).c_str(), 50,
            [&] { return std::ranges::all_of(oci->policies, Proves); });
  } else {
    std::printf("%s: not measured, %s", foreign.c_str(),
                oci.error().text.c_str());
  }
  for (const char* name : kShippedLevels) {
    const auto level = ShippedLevel(name);
    Measure(("filter equals source: " + std::string(name) + ", x86_64").c_str(),
            50, [&] { return Proves(level.seccomp.front()); });
  }

  const auto before = ShippedLevel("public");
  auto after = before;
  for (model::SeccompPolicy& policy : after.seccomp) {
    for (model::CallPolicy& call : policy.calls) {
      if (call.name == "socket" || call.name == "ptrace") {
        call.clauses.clear();
        call.otherwise = model::kAllowed;
      }
    }
  }
  cli::Loaded old{.name = "old", .policies = before.seccomp};
  cli::Loaded now{.name = "new", .policies = after.seccomp};
  Measure("diff of two versions of public, both architectures", 100, [&] {
    const auto changes = cli::FindChanges(old, now);
    return changes && !changes->calls.empty();
  });

  std::vector<resolve::ResolvedLevel> levels;
  for (const char* name : kShippedLevels) levels.push_back(ShippedLevel(name));
  Measure("order of the four levels, all pairs", 1000, [&] {
    for (size_t outer = 0; outer < levels.size(); ++outer) {
      for (size_t inner = outer + 1; inner < levels.size(); ++inner) {
        prove::Prover prover;
        if (!std::holds_alternative<prove::Proved>(prove::ProveInside(
                prover, levels[inner].seccomp, levels[outer].seccomp))) {
          return false;
        }
      }
    }
    return true;
  });
  return 0;
}

}  // namespace
}  // namespace ringfence

int main(int argc, char** argv) { return ringfence::Main(argc, argv); }
