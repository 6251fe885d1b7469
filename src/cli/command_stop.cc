#include "cli/command_stop.h"

#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "admit/layout.h"
#include "admit/ledger.h"
#include "admit/refusal.h"
#include "launch/refusal.h"
#include "sys/clock.h"
#include "sys/pidfd.h"

namespace ringfence::cli {
namespace {

using launch::ExitCode;

int Fail(ExitCode code, const std::string& text) {
  std::fprintf(stderr, "ringfence: %s\n", text.c_str());
  return static_cast<int>(code);
}

// Waits until `process` is dead or the time is up.
Result<bool> WaitFor(const sys::Process& process, uint64_t deadline_ms) {
  RF_ASSIGN(const UniqueFd pidfd, sys::OpenIfAlive(process));
  if (!pidfd) return true;
  const uint64_t now = sys::MonotonicMs();
  return sys::WaitForExit(
      pidfd.get(),
      now >= deadline_ms ? 0 : static_cast<int>(deadline_ms - now));
}

// The supervisor passes the stop on, waits as long as the workload's `stop:`
// says, and kills what is left. It is named by number and start time, and
// signalled through the descriptor that both were checked on.
Result<bool> Stop(const admit::Record& record, uint64_t timeout_ms) {
  const uint64_t deadline = sys::MonotonicMs() + timeout_ms;
  RF_ASSIGN(const UniqueFd supervisor, sys::OpenIfAlive(record.supervisor));
  if (supervisor) {
    const auto sent = sys::PidfdSendSignal(supervisor.get(), SIGTERM);
    if (!sent && sent.error().err != ESRCH) {
      return std::unexpected(sent.error());
    }
  }
  RF_ASSIGN(const bool supervisor_dead, WaitFor(record.supervisor, deadline));
  if (!supervisor_dead) return false;
  return WaitFor(record.init, deadline);
}

int StopNamed(const std::string& name, uint32_t timeout_s) {
  const uid_t uid = ::geteuid();
  const auto ledger = admit::Ledger::Open(model::HostUid(uid));
  if (!ledger) {
    return Fail(ExitCode::kColocation, admit::Describe(ledger.error()));
  }
  const auto entries = ledger->Running();
  if (!entries) {
    return Fail(ExitCode::kColocation, admit::Describe(entries.error()));
  }
  std::vector<admit::Record> others;
  std::vector<admit::Record> mine;
  for (const admit::Entry& entry : *entries) {
    if (entry.record.name != name) continue;
    (entry.record.uid.value == uid ? mine : others).push_back(entry.record);
  }
  // Root may stop anybody's, where the name says whose.
  if (uid == 0 && mine.empty() && others.size() == 1) mine.swap(others);
  if (mine.empty() && others.empty()) {
    return Fail(ExitCode::kMissing,
                "no workload `" + name +
                    "` runs here\n  help: `ringfence ps` lists what runs, "
                    "`ringfence why " +
                    name + "` says how it ended");
  }
  if (mine.empty()) {
    return Fail(ExitCode::kMissing, uid == 0
                                        ? "several users run a workload `" +
                                              name + "`: stop it as one of them"
                                        : "that workload is not yours: " +
                                              admit::Describe(others.front()));
  }
  for (const admit::Record& record : mine) {
    const auto stopped = Stop(record, uint64_t{timeout_s} * 1000);
    if (!stopped) {
      return Fail(ExitCode::kInternal, launch::Describe(stopped.error()));
    }
    if (!*stopped) {
      return Fail(ExitCode::kTimeLimit,
                  "`" + name + "` has not ended within " +
                      std::to_string(timeout_s) +
                      " s\n  help: wait longer with --timeout, or kill its "
                      "supervisor: kill -KILL " +
                      std::to_string(record.supervisor.pid));
    }
  }
  std::printf("stopped %s\n", name.c_str());
  return 0;
}

}  // namespace

int RunStop(int argc, char** argv) {
  std::string name;
  uint32_t timeout_s = 60;
  CLI::App app(
      "Stop a workload and wait until nothing of it is left.\n"
      "Exit code 0: it has ended; 123: there is none of that name; 124: it "
      "has not ended in time.",
      "ringfence stop");
  app.add_option("name", name, "The workload's name")
      ->type_name("NAME")
      ->required();
  app.add_option("--timeout", timeout_s, "How long to wait, in seconds")
      ->check(CLI::Range(0, 86400))
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return Fail(ExitCode::kInput, error.what());
  }
  if (!admit::IsName(name)) {
    return Fail(ExitCode::kInput,
                admit::Describe(admit::Refusal(admit::InvalidName{name}),
                                admit::Request{}));
  }
  return StopNamed(name, timeout_s);
}

}  // namespace ringfence::cli
