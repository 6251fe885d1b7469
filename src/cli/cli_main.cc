// ringfence-cli: what `ringfence` hands on. Small and static, so that it starts
// fast: it does what needs no YAML, and hands the rest to ringfence-policy.

#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/exhaustion.h"
#include "cli/command_inspect.h"
#include "cli/command_log.h"
#include "cli/command_ps.h"
#include "cli/command_run.h"
#include "cli/command_stop.h"
#include "cli/command_why.h"
#include "cli/install.h"
#include "cli/standard_output.h"

namespace {

using namespace ringfence::cli;

struct Command {
  std::string_view name;
  int (*run)(int argc, char** argv);
  std::string_view summary;
  const char* program = "ringfence-policy";  // where run is null
};

// The commands of other programs are handed over: run is null.
constexpr std::array kCommands = {
    Command{"run", RunRun, "Run a workload confined, in the foreground"},
    Command{"ps", RunPs, "List the workloads that run here"},
    Command{"why", RunWhy,
            "Say who keeps a level from starting, or how a workload ended"},
    Command{"inspect", RunInspect, "Say everything about one workload"},
    Command{"stop", RunStop, "Stop a workload"},
    Command{"log", RunLog, "Show what ran and was refused, or verify that log"},
    Command{"compile", nullptr, "Compile a workload or a profile"},
    Command{"explain", nullptr, "Say what a profile or a diagnostic means"},
    Command{"check", nullptr, "Say whether files may be deployed",
            "ringfence-prove"},
    Command{"prove", nullptr, "Prove what is claimed of a profile",
            "ringfence-prove"},
    Command{"diff", nullptr, "Say what a change of a policy means",
            "ringfence-prove"},
    Command{"audit-filter", nullptr, "Say what is wrong with a filter",
            "ringfence-prove"},
    Command{"report", nullptr, "Show what holds, and the evidence for it",
            "ringfence-prove"},
    Command{"attack", nullptr,
            "Try every known way out of a sandbox of a profile"},
    Command{"doctor", nullptr, "Say what this host can enforce"},
    Command{"host", nullptr, "Set this host up, say what it takes, or undo it"},
    Command{"plan", nullptr, "Say which workloads would meet on a host"},
};

constexpr int kBadUsage = 122;

void PrintHelp(std::FILE* to) {
  std::fputs("Usage: ringfence COMMAND [OPTION...]\n\n", to);
  for (const Command& command : kCommands) {
    std::fprintf(to, "  %-12.*s %.*s\n", static_cast<int>(command.name.size()),
                 command.name.data(), static_cast<int>(command.summary.size()),
                 command.summary.data());
  }
  std::fputs(
      "\nringfence COMMAND --help says more, and so does man "
      "ringfence-COMMAND.\n",
      to);
}

int HandTo(const char* name, char** argv) {
  const std::string program = FindProgram(name);
  if (!program.empty()) ::execv(program.c_str(), argv);
  std::fprintf(stderr, "ringfence: %s is not installed\n", name);
  return 125;
}

}  // namespace

int main(int argc, char** argv) {
  ringfence::PrepareForExhaustion();
  const std::string_view name = argc > 1 ? argv[1] : "";
  if (name == "--version") {
    std::puts("ringfence " RINGFENCE_VERSION);
    return FinishOutput(0);
  }
  if (name == "--help" || name == "-h" || name == "help") {
    PrintHelp(stdout);
    return FinishOutput(0);
  }
  for (const Command& command : kCommands) {
    if (command.name != name) continue;
    if (command.run == nullptr) return HandTo(command.program, argv);
    return RunWhole(command.run, argc - 1, argv + 1);
  }
  if (!name.empty()) {
    std::fprintf(stderr, "ringfence: there is no command `%s`\n", argv[1]);
  }
  PrintHelp(stderr);
  return kBadUsage;
}
