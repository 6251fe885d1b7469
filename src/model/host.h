// What root lets run on a host: the meaning of /etc/ringfence/host.yaml.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "model/identity.h"

namespace ringfence::model {

// Who may start workloads of one level: members of any of these groups.
struct StartRule {
  std::string level;
  std::vector<HostGid> groups;  // none: nobody
  bool operator==(const StartRule&) const = default;
};

// What is done about something that runs here and that Ringfence did not
// start, so that nobody can say how far it is trusted.
enum class ForeignAnswer {
  kName,    // `ps` and `doctor` name it, launches ignore it
  kRefuse,  // no workload starts beside it
};

// How much the policy of a host may hold: it is kept in a file of fixed size.
inline constexpr size_t kMaxAccepted = 64;      // levels
inline constexpr size_t kMaxStartRules = 64;    // levels
inline constexpr size_t kMaxStartGroups = 15;   // groups of one level
inline constexpr size_t kMaxKnown = 128;        // names
inline constexpr size_t kMaxKnownLength = 127;  // bytes of one

// The default is a host that takes every level from everybody.
struct HostPolicy {
  std::vector<std::string> accepts;  // levels; empty: every level
  bool draining = false;             // nothing new starts
  std::vector<StartRule> may_start;  // a level that has no rule: everybody
  ForeignAnswer containers = ForeignAnswer::kName;
  ForeignAnswer services = ForeignAnswer::kName;
  // Names of foreign workloads that are never refused; a `*` at the end stands
  // for any rest.
  std::vector<std::string> known;
  bool operator==(const HostPolicy&) const = default;
};

// Whether anything that Ringfence did not start may have to be refused.
[[nodiscard]] inline bool AsksForForeign(const HostPolicy& policy) {
  return policy.containers == ForeignAnswer::kRefuse ||
         policy.services == ForeignAnswer::kRefuse;
}

}  // namespace ringfence::model
