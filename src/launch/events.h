// What a launch writes into the event log (audit/log.h).
//
//   Events events(status, bundle);
//   RF_TRY(events.Launch(scope));    // before there is a process
//   events.Started(init_pid, protections);
//   events.Denied(denied);           // as often as something may be new
//   events.Ended(ending, exit_code, denied);
//
// docs/log.md says what stands in the events. Like an Account they hold nothing
// that a workload's file keeps secret; texts of others are cut, so that every
// event fits into a line of the log.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "admit/place.h"
#include "audit/line.h"
#include "audit/log.h"
#include "audit/place.h"
#include "bundle/bundle.h"
#include "launch/denied_calls.h"
#include "launch/refusal.h"
#include "launch/report.h"
#include "launch/status.h"

namespace ringfence::launch {

// `workload`: the members that say what was to run; may be empty.
[[nodiscard]] audit::Entry RefusalEvent(std::string workload,
                                        const Refusal& refusal);

class Events {
 public:
  // Both must outlive this; `bundle` may be filled later.
  Events(const Status& status, const bundle::Bundle& bundle)
      : status_(status), bundle_(bundle) {}

  // On a host of several users nothing runs without being in its log: it is
  // refused. The log of one user is that user's own to remove; there it is
  // written with the next event, while the workload runs, and where it cannot
  // be written that is said, and no more.
  [[nodiscard]] std::expected<void, Refusal> Launch(admit::Scope scope);

  // What cannot be refused any more. That it cannot be logged is said once.
  void Started(int init, const std::vector<Protection>& protections);
  // Each denial is logged once; their number is bounded.
  void Denied(const DeniedCalls& denied);
  void Ended(const Ending& ending, int exit_code, const launch::Denied& denied);
  // Instead of all of these, or behind Launch.
  void Refused(const Refusal& refusal);

 private:
  // All that waits; it goes on waiting where it cannot be written.
  std::expected<void, audit::Problem> Append(uint32_t patience_ms);
  void Log(audit::Entry entry);
  void Say(const audit::Problem& problem);
  // The members that say which workload it is.
  [[nodiscard]] std::string Workload() const;

  const Status& status_;
  const bundle::Bundle& bundle_;
  std::optional<audit::Place> place_;  // once it was found
  std::vector<audit::Entry> waiting_;  // for the next write
  bool said_ = false;
  size_t denials_ = 0;  // that are in the log, or wait
};

}  // namespace ringfence::launch
