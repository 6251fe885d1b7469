#include "cli/command_host.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "cli/complain.h"
#include "host/ground.h"

namespace ringfence::cli {
namespace {

constexpr int kRefused = 1;

int Print(const host::Outcome& outcome) {
  for (const std::string& line : outcome.lines) std::puts(line.c_str());
  if (!outcome.problem) return 0;
  std::fflush(stdout);
  std::fprintf(stderr, "ringfence: %s\n  help: %s\n",
               outcome.problem->what.c_str(), outcome.problem->remedy.c_str());
  return kRefused;
}

}  // namespace

int RunHost(int argc, char** argv) {
  bool dry_run = false;
  CLI::App app(
      "Set this host up for all its users, or undo it. Needs root.\n"
      "Exit code 0: it is so; 1: it could not be done.",
      "ringfence host");
  app.require_subcommand(1);
  CLI::App* init = app.add_subcommand(
      "init", "Make the group ringfence and the ledger in /run/ringfence");
  CLI::App* deinit = app.add_subcommand(
      "deinit", "Take the ledger away again, if no workload runs");
  for (CLI::App* command : {init, deinit}) {
    command->add_flag("--dry-run", dry_run, "Only say what would be done");
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    std::fprintf(stderr, "ringfence: %s\n", error.what());
    return kBadUsage;
  }
  host::Ground ground;
  if (dry_run) ground.mode = host::Mode::kDryRun;
  return Print(init->parsed() ? host::Initialise(ground)
                              : host::Deinitialise(ground));
}

}  // namespace ringfence::cli
