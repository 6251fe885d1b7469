// Readiness: what the workload says by sd_notify(3), passed on to whoever
// started Ringfence.
//
//   Notify notify(std::move(upstream));       // the caller's NOTIFY_SOCKET
//   notify.Listen(std::move(socket));         // made by init in the sandbox
//   if (ready(notify.descriptor())) notify.Hear(now_ms, status);
//
// The workload never sees the caller's socket: it talks to one of its own, and
// only what is understood goes on. Source: sd_notify(3).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "launch/rate_limit.h"
#include "launch/status.h"

namespace ringfence::launch {

// The lines of a datagram that may be passed on, each ending in a newline:
// READY, RELOADING and STOPPING where they are 1; ERRNO, MONOTONIC_USEC and
// EXTEND_TIMEOUT_USEC where they are numbers; STATUS, escaped and cut. The rest
// is the supervisor's affair (MAINPID: it is the main process) or is not
// Ringfence's to grant (file descriptors, watchdogs). [pure]
[[nodiscard]] std::string PassedOn(std::string_view datagram);

class Notify {
 public:
  Notify() = default;
  explicit Notify(UniqueFd upstream) : upstream_(std::move(upstream)) {}

  // Whether somebody waits for it.
  [[nodiscard]] bool wanted() const { return static_cast<bool>(upstream_); }
  void Listen(UniqueFd socket) { socket_ = std::move(socket); }
  [[nodiscard]] int descriptor() const { return socket_.get(); }

  // Takes one datagram. More than a few each second are not passed on, which
  // is said; `now_ms`: a monotonic clock.
  void Hear(uint64_t now_ms, const Status& status);
  // Takes those that the workload left when it ended.
  void HearRest(uint64_t now_ms, const Status& status);

 private:
  bool Take(uint64_t now_ms, const Status& status);

  UniqueFd upstream_;
  UniqueFd socket_;
  RateLimit limit_;
  bool said_ = false;
};

}  // namespace ringfence::launch
