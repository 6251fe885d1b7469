// Waiting for a place: who says so waits in turn.
//
//   const Waiting waiting{.time_ms = 60'000, .interrupt = signals, ...};
//   auto claim = AdmitInTurn(ledger, request, waiting);
//
// The queue is a row of lock bytes in the ledger: each waiter holds the one
// behind the last, and is next when none before it is held any more. So a
// waiter that is killed leaves the queue, and there is nothing to clean up.
// Who does not wait is answered at once and passes the queue by; who waits is
// never passed by another waiter.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "admit/claim.h"
#include "admit/ledger.h"
#include "admit/refusal.h"

namespace ringfence::admit {

// A place in the queue, for as long as it exists.
class Turn {
 public:
  // Behind everybody who waits. `file`: the ledger, an open file description
  // of its own.
  [[nodiscard]] static Result<Turn> Take(UniqueFd file);

  // Whether nobody who came before still waits.
  [[nodiscard]] Result<bool> IsNext() const;

 private:
  Turn(UniqueFd file, off_t at) : file_(std::move(file)), at_(at) {}

  UniqueFd file_;
  off_t at_ = 0;
};

struct Waiting {
  uint64_t time_ms = 0;
  // Polled for reading beside everything that is waited for; then `stop` is
  // asked whether to give up. -1: none.
  int interrupt = -1;
  std::function<bool()> stop;
  // Told what is waited for, each time that it changes.
  std::function<void(const std::string&)> say;
};

// Admits as Ledger::Admit, and where that refuses for a reason that passes,
// waits for it. When the time is over it returns the last refusal, and Stopped
// when `stop` says so. Sleeps until a process in the way is gone; looks again
// once a second for what no descriptor tells.
[[nodiscard]] std::expected<Claim, Refusal> AdmitInTurn(const Ledger& ledger,
                                                        const Request& request,
                                                        const Waiting& waiting);

// What a wait after `refusal` is for, as "until ...". nullopt: it is not of
// the kind that passes.
[[nodiscard]] std::optional<std::string> WaitedFor(const Refusal& refusal);

}  // namespace ringfence::admit
