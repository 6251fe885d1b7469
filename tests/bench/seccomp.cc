// What a filter costs: ours against libseccomp's for one OCI profile.
//
//   build/dev/tests/bench_seccomp [PROFILE.json]
//
// Without a profile it takes Podman's default one. Every filter is installed
// in a process of its own; the processes measure in turn, one class of calls
// after the other, so that a change of the machine's speed meets them all. The
// numbers are medians of nanoseconds a call. Then: how long the shipped levels
// take to compile.
#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "../differential/libseccomp.h"
#include "../unit/resolve/sample.h"
#include "base/check.h"
#include "compile/seccomp.h"
#include "evaluate/confirm.h"
#include "evaluate/cost.h"
#include "oci/import.h"
#include "syntax/render.h"

namespace ringfence {
namespace {

constexpr char kDefaultProfile[] = "/usr/share/containers/seccomp.json";
constexpr int kRounds = 41;
constexpr int kCallsEach = 50'000;

struct CallClass {
  const char* name;
  uint32_t number;
  uint64_t argument;
};

// Each fails or returns at once, so that it is the filter that is measured.
constexpr CallClass kClasses[] = {
    {"allowed (getppid)", SYS_getppid, 0},
    {"argument checked (personality)", SYS_personality, 0xFFFFFFFF},
    {"denied (acct)", SYS_acct, 0}};

struct Rival {
  std::string name;
  std::vector<bpf::Instruction> code;  // none: no filter
};

double Measure(const CallClass& call) {
  timespec start{};
  timespec end{};
  ::clock_gettime(CLOCK_MONOTONIC, &start);
  for (int i = 0; i < kCallsEach; ++i) {
    ::syscall(static_cast<long>(call.number), call.argument, 0, 0);
  }
  ::clock_gettime(CLOCK_MONOTONIC, &end);
  return (static_cast<double>(end.tv_sec - start.tv_sec) * 1e9 +
          static_cast<double>(end.tv_nsec - start.tv_nsec)) /
         kCallsEach;
}

void Install(std::vector<bpf::Instruction> code) {
  struct {
    unsigned short length;
    bpf::Instruction* code;
  } program{static_cast<unsigned short>(code.size()), code.data()};
  Check(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "bench: no_new_privs");
  Check(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0,
        "bench: the kernel refused the filter");
}

// A process with one filter that measures a class whenever it is asked to.
class Runner {
 public:
  explicit Runner(const Rival& rival) {
    std::array<int, 2> ask{};
    std::array<int, 2> answer{};
    Check(::pipe(ask.data()) == 0 && ::pipe(answer.data()) == 0, "bench: pipe");
    if (::fork() == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (!rival.code.empty()) Install(rival.code);
      for (size_t index = 0; ::read(ask[0], &index, sizeof index) > 0;) {
        const double result = Measure(kClasses[index]);
        if (::write(answer[1], &result, sizeof result) < 0) break;
      }
      ::_exit(0);
    }
    ask_ = ask[1];
    answer_ = answer[0];
  }

  [[nodiscard]] double Run(size_t index) const {
    double result = 0;
    Check(::write(ask_, &index, sizeof index) == sizeof index &&
              ::read(answer_, &result, sizeof result) == sizeof result,
          "bench: a measuring process ended");
    return result;
  }

 private:
  int ask_ = -1;
  int answer_ = -1;
};

double Median(std::vector<double>& values) {
  std::ranges::nth_element(values, values.begin() + std::ssize(values) / 2);
  return values[values.size() / 2];
}

void PrintSizes(const std::vector<Rival>& rivals) {
  std::printf("%-28s %12s %13s", "", "instructions", "longest path");
  for (const CallClass& call : kClasses) std::printf("  %s", call.name);
  std::printf("\n");
  for (const Rival& rival : rivals) {
    if (rival.code.empty()) continue;
    size_t longest = 0;
    for (uint32_t number = 0; number < 600; ++number) {
      longest = std::max(
          longest,
          evaluate::CostOf(rival.code, model::kArchX86_64, number).longest);
    }
    std::printf("%-28s %12zu %13zu", rival.name.c_str(), rival.code.size(),
                longest);
    for (const CallClass& call : kClasses) {
      const auto cost =
          evaluate::CostOf(rival.code, model::kArchX86_64, call.number);
      std::printf("  %s",
                  cost.is_cached
                      ? "cached"
                      : (std::to_string(cost.longest) + " steps").c_str());
    }
    std::printf("\n");
  }
}

void PrintTimes(const std::vector<Rival>& rivals) {
  std::vector<Runner> runners;
  for (const Rival& rival : rivals) runners.emplace_back(rival);
  for (size_t index = 0; index < std::size(kClasses); ++index) {
    std::vector<std::vector<double>> times(rivals.size());
    for (int round = 0; round < kRounds; ++round) {
      for (size_t i = 0; i < rivals.size(); ++i) {
        times[i].push_back(runners[i].Run(index));
      }
    }
    std::printf("\n%s\n", kClasses[index].name);
    for (size_t i = 0; i < rivals.size(); ++i) {
      std::printf("  %-28s %7.1f ns\n", rivals[i].name.c_str(),
                  Median(times[i]));
    }
  }
}

// From the text of a shipped level, and of all it extends and includes, to the
// compared programs of both architectures.
void PrintCompileTimes() {
  const resolve::Library library = resolve::Library::Shipped();
  std::printf("\ncompile from YAML\n");
  for (const char* level : {"critical", "internal", "public", "untrusted"}) {
    std::vector<double> times;
    for (int round = 0; round < kRounds; ++round) {
      timespec start{};
      timespec end{};
      ::clock_gettime(CLOCK_MONOTONIC, &start);
      syntax::Diagnostics diagnostics;
      const auto resolved =
          resolve::ResolveLevel(level, library.Find(), diagnostics);
      Check(resolved.has_value(), "bench: a shipped level is wrong");
      for (const model::SeccompPolicy& policy : resolved->seccomp) {
        const auto program = compile::CompileSeccomp(policy);
        Check(program && evaluate::Confirm(policy, *program),
              "bench: our filter is wrong");
      }
      ::clock_gettime(CLOCK_MONOTONIC, &end);
      times.push_back(static_cast<double>(end.tv_sec - start.tv_sec) * 1e3 +
                      static_cast<double>(end.tv_nsec - start.tv_nsec) / 1e6);
    }
    std::printf("  %-28s %7.2f ms\n", level, Median(times));
  }
}

int Bench(const char* path) {
  std::ifstream stream(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  syntax::Diagnostics diagnostics;
  const auto imported = oci::ImportOci(text, path, {}, diagnostics);
  if (!imported) {
    std::fputs(
        Render(diagnostics, {{path, text}}, syntax::Colour::kOff).c_str(),
        stderr);
    return 1;
  }
  const auto program = compile::CompileSeccomp(imported->policy);
  Check(program && evaluate::Confirm(imported->policy, *program),
        "bench: our filter is wrong");
  const std::vector<Rival> rivals = {
      {"no filter", {}},
      {"ringfence", {program->code().begin(), program->code().end()}},
      {"libseccomp, optimise 1", LibseccompOfProfile(text, 1)},
      {"libseccomp, optimise 2", LibseccompOfProfile(text, 2)}};
  PrintSizes(rivals);
  PrintTimes(rivals);
  PrintCompileTimes();
  return 0;
}

}  // namespace
}  // namespace ringfence

int main(int argc, char** argv) {
  return ringfence::Bench(argc > 1 ? argv[1] : ringfence::kDefaultProfile);
}
