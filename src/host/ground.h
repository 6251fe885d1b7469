// The host scope's ground: group, directory and ledger in /run/ringfence, and
// the event log in /var/log/ringfence.
//
//   const Outcome outcome = Initialise({});
//   for (const std::string& line : outcome.lines) puts(line.c_str());
//   if (outcome.problem) ...
//
// Needs root. Both are idempotent: what is already so is left so and said.
// /run does not survive a boot, so neither does the ledger.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "admit/place.h"
#include "model/host.h"

namespace ringfence::host {

enum class Mode { kDo, kDryRun };

struct Ground {
  std::string run = "/run";
  std::string logs = "/var/log";
  std::string group = admit::kGroup;
  Mode mode = Mode::kDo;
  model::HostPolicy policy = {};  // for Initialise
};

struct Problem {
  std::string what;    // a clause, no full stop
  std::string remedy;  // a command or a sentence
};

// What was done, or in a dry run would be, line by line; and what stopped it.
struct Outcome {
  std::vector<std::string> lines;
  std::optional<Problem> problem;
};

// Makes the group, the event log, the directory (a small tmpfs of its own where
// root may mount one), the policy and the ledger; where they are there, puts
// the new policy in the old one's place. Refuses while workloads run in user
// scope: the new ledger would not know them.
[[nodiscard]] Outcome Initialise(const Ground& ground);

// Takes ledger, mount and directory away again. Refuses while workloads run.
// Works on a damaged ledger too, as long as nobody holds a lock in it. The
// group stays, and so does the event log.
[[nodiscard]] Outcome Deinitialise(const Ground& ground);

}  // namespace ringfence::host
