// The status of a launch: what people read, and what programs read.
//
// People get lines on standard error, each with the prefix "ringfence: ".
// Programs get one JSON object a line on --status-fd and --status-file
// (docs/status.md): "started" with everything read back, then "ended"; or
// "refused" alone. A write to either that fails is said, not retried, and ends
// nothing: the workload's life does not hang on who listens.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admit/place.h"
#include "base/unique_fd.h"
#include "bundle/bundle.h"
#include "launch/cgroup.h"
#include "launch/refusal.h"
#include "launch/report.h"

namespace ringfence::launch {

// How a workload that ran came to its end.
struct Ending {
  enum class Cause {
    kExited,  // `value`: its exit code
    kSignal,  // `value`: the signal
    kPolicy,  // killed by its system call filter
    kMemory,  // killed at its limit on memory; `value`: SIGKILL
    kTimeLimit,
    kStopped,  // on request; `value`: exit code or 128 + signal
    kFailed,   // a part of Ringfence died; `value` as for kStopped
  };
  Cause cause = Cause::kExited;
  int value = 0;
  LimitHits hits;
};

[[nodiscard]] std::string_view NameOf(Ending::Cause cause);

// `"protections":[...]`
[[nodiscard]] std::string ProtectionsAsJson(
    const std::vector<Protection>& protections);

// `"oom_kills":1,"forks_refused":0`
[[nodiscard]] std::string HitsAsJson(const LimitHits& hits);

// How many calls were denied, and of which.
struct Denied {
  uint64_t total = 0;
  std::vector<std::pair<std::string, uint64_t>> calls;
  uint64_t unheard = 0;  // lines that standard error had no room for
};

class Status {
 public:
  // Takes what it is given; an empty descriptor is silent.
  Status(UniqueFd fd, UniqueFd file, bool verbose)
      : fd_(std::move(fd)), file_(std::move(file)), verbose_(verbose) {}

  // Says how far the ledger reaches, before the workload can say anything.
  void Admitted(admit::Scope scope) const;
  void Started(const bundle::Bundle& bundle, admit::Scope scope, int init,
               const std::vector<Protection>& protections);
  void Ended(const Ending& ending, int exit_code, const Denied& denied);
  void Refused(const Refusal& refusal);
  // Whether standard error may be a terminal that does not begin a new line by
  // itself.
  void SetRaw(bool raw) { raw_ = raw; }
  // A line for people only. A reader that does not read must not hold the
  // supervisor: after a second the line is given up.
  void Say(std::string_view line) const;
  // The same without waiting. False: it was not said.
  [[nodiscard]] bool TrySay(std::string_view line) const;

 private:
  [[nodiscard]] bool IsRaw() const;
  void Write(const std::string& object);

  UniqueFd fd_;
  UniqueFd file_;
  bool verbose_;
  bool raw_ = false;
  bool unwritten_ = false;  // a line of the status, and it was said
};

}  // namespace ringfence::launch
