// Facts: what this host can enforce, as plain values.
//
//   const Facts facts = Gather();
//   for (const Finding& finding : Judge(facts)) ...
//
// Gathering changes nothing but this: in user scope, the caller's own empty
// ledger is made if it was missing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "admit/place.h"
#include "admit/powerful_groups.h"
#include "host/delegation.h"
#include "host/foreign.h"
#include "host/namespace_trial.h"

namespace ringfence::host {

// The knobs that distributions close user namespaces with; nullopt: this
// kernel has no such knob.
struct NamespaceKnobs {
  std::optional<uint64_t> debian_clone;  // kernel.unprivileged_userns_clone
  std::optional<uint64_t> apparmor_restrict;  // kernel.apparmor_restrict_...
  std::optional<uint64_t> maximum;            // user.max_user_namespaces
};

enum class Selinux { kAbsent, kPermissive, kEnforcing };

// Why a workload of some level would run without a label of a security module
// that is on; empty: of every level it would have one.
struct LabelGap {
  std::string why;  // a clause
  std::string remedy;
};

struct SubordinateIds {
  bool uids = false;      // /etc/subuid names the caller
  bool gids = false;      // /etc/subgid does
  bool programs = false;  // newuidmap and newgidmap, with their privilege
};

// The caller's hard limits, which nobody without privilege can raise.
// UINT64_MAX: there is none. What could not be asked for is 0, the worst.
struct HardLimits {
  uint64_t open_files = 0;  // descriptors
  uint64_t processes = 0;   // of the user, threads included
  uint64_t core = 0;        // bytes
};

struct LedgerFact {
  std::optional<admit::Scope> scope;  // nullopt: unusable
  std::string path;
  admit::Unusable unusable;
};

// What workloads on one machine share without being shown it.
struct Neighbours {
  bool ksm = false;  // equal pages of different processes are merged
  bool smt = false;  // two threads of one core run at once
};

struct Facts {
  uint32_t uid = 0;
  std::string user;
  NamespaceTrial namespaces;
  NamespaceKnobs knobs;
  bool notification = false;   // SECCOMP_RET_USER_NOTIF
  bool wait_killable = false;  // ..._WAIT_KILLABLE_RECV
  uint32_t landlock_abi = 0;
  bool apparmor = false;
  Selinux selinux = Selinux::kAbsent;
  LabelGap apparmor_gap;  // for the caller of Gather to find
  LabelGap selinux_gap;   // likewise
  Cgroup cgroup;
  SubordinateIds subordinate;
  HardLimits limits;
  std::vector<admit::PowerfulGroup> groups;
  LedgerFact ledger;
  model::HostPolicy policy;
  ForeignView foreign;
  Neighbours neighbours;
};

[[nodiscard]] Facts Gather();

}  // namespace ringfence::host
