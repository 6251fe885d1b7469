// Decide: may this workload run beside those, on this host?
//
//   auto decision = Decide(who, held, policy);
//   if (std::holds_alternative<Admitted>(decision)) ...
//
// Everything here is pure: the ledger gathers what is held and enforces the
// answer.
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "admit/record.h"
#include "model/host.h"
#include "model/identity.h"

namespace ringfence::admit {

// What a workload is compatible with, as a key: `level:LEVEL` or
// `tenant:LEVEL:TENANT`; empty: with nothing. Two workloads may run together
// exactly when their keys are equal and not empty. So compatibility is an
// equivalence on those that tolerate company, and one lock per key is enough.
//
// A level with colocate same-tenant and a workload without a tenant: nobody
// can say who may be its neighbour, so nobody is.
[[nodiscard]] std::string ClassKey(const model::TrustLevel& level);

[[nodiscard]] bool Compatible(const model::TrustLevel& one,
                              const model::TrustLevel& other);

struct Admitted {
  bool operator==(const Admitted&) const = default;
};
// `neighbours` hold the host; each of them is reason enough. Empty: something
// holds a lock that no record explains. `unseen`: so many more may be there,
// which the ledger did not look at.
struct Incompatible {
  std::vector<Record> neighbours;
  uint32_t unseen = 0;
  bool operator==(const Incompatible&) const = default;
};
// The host is reserved for the levels `accepts`.
struct Reserved {
  std::vector<std::string> accepts;
  bool operator==(const Reserved&) const = default;
};
// The host takes nothing new.
struct Draining {
  bool operator==(const Draining&) const = default;
};
// Only members of `groups` may start this level; empty: nobody may.
struct NotAllowed {
  std::vector<model::HostGid> groups;
  bool operator==(const NotAllowed&) const = default;
};
using Decision =
    std::variant<Admitted, Incompatible, Reserved, Draining, NotAllowed>;

struct Applicant {
  model::TrustLevel level;
  std::vector<model::HostGid> groups;  // that the caller is in
};

// `held`: every sandbox that is not yet dead. What the host's policy forbids
// is said first, because no neighbour's end changes it.
[[nodiscard]] Decision Decide(const Applicant& who,
                              std::span<const Record> held,
                              const model::HostPolicy& policy);

}  // namespace ringfence::admit
