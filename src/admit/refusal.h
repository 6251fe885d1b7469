// Refusal: why a workload was not admitted, and the words for it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "admit/decide.h"
#include "admit/place.h"
#include "admit/record.h"
#include "base/result.h"

namespace ringfence::admit {

struct Request {
  model::TrustLevel level;
  std::string name;  // of the workload
  model::HostUid uid;
  std::vector<model::HostGid> groups = {};  // the caller's, all of them
  EnforcedLimits limits = {};               // for the record
  // Its pair of SELinux categories has to be its alone among those of its
  // level that run.
  bool categories = false;
};

// A name, level or tenant that the ledger cannot hold.
struct InvalidName {
  std::string text;
};
// A sandbox of the same user and name runs.
struct NameTaken {
  Record running;
};
// A sandbox of the same level has the same SELinux categories.
struct CategoriesTaken {
  Record holder;
};
// The sandbox is being killed and would not end.
struct StillDying {
  Record dying;
};
// Another process stayed in the critical section; pid 0: it cannot be named.
struct Busy {
  sys::Process holder;
  model::HostUid uid;
};
// The table of records is full.
struct Full {};
// Its caller did not want to wait any longer.
struct Stopped {};

// SysError: a system call failed that has no reason to.
using Refusal = std::variant<Incompatible, Reserved, Draining, NotAllowed,
                             Stopped, NameTaken, CategoriesTaken, StillDying,
                             Busy, Full, InvalidName, Unusable, SysError>;

// One or more lines without a newline at the end: what stands in the way, who
// holds the host at which level since when, what would be compatible, and
// what to do.
[[nodiscard]] std::string Describe(const Refusal& refusal,
                                   const Request& request);
[[nodiscard]] std::string Describe(const Unusable& unusable);
// `web (public, tenant shop; user alice; since 2026-01-31 10:00:00, 2 h)`
[[nodiscard]] std::string Describe(const Record& record);
// How long it has run, by the boot clock; rounded down: "5 s", "2 h".
[[nodiscard]] uint64_t AgeMs(const Record& record);
[[nodiscard]] std::string DescribeAge(uint64_t age_ms);
// What may start beside `held`: "workloads of level public".
[[nodiscard]] std::string DescribeCompatible(std::span<const Record> held);

// The exit code of `ringfence run`: 120 for everything that the host's
// neighbours or the ledger refuse, 122 for a bad name, 123 for a taken one,
// 125 when a system call failed.
[[nodiscard]] int ExitCode(const Refusal& refusal);

}  // namespace ringfence::admit
