// Which SELinux label a launch can give a workload on this host.
//
// The label is the caller's own with the level's type in it, and a pair of
// categories that no other workload of the level has. As with AppArmor
// (apparmor.h), selecting a label of a loaded policy needs no privilege but a
// rule of that policy, and libselinux would allocate after the clone.
#pragma once

#include <string>

#include "bundle/bundle.h"
#include "model/identity.h"

namespace ringfence::launch {

struct Selinux {
  bool enabled = false;
  std::string label;  // user:role:type:s0:cN,cM; empty: none can be given
  // Why there is none, and what to do; empty where there is one.
  std::string why;
  std::string remedy;
};

// The policy is asked: whether it has that label, whether this process may
// start a program under it, and whether it would enforce anything.
[[nodiscard]] Selinux FindSelinux(const bundle::Bundle& bundle,
                                  model::HostUid uid);

// The label of the level's processes, for a caller that has the label `own`;
// empty: that one is none of a policy with categories.
[[nodiscard]] std::string SelinuxLabel(std::string_view own,
                                       const bundle::Bundle& bundle,
                                       model::HostUid uid);

inline constexpr char kSelinuxExecAttribute[] = "thread-self/attr/exec";
inline constexpr char kSelinuxCurrentAttribute[] = "/proc/self/attr/current";

}  // namespace ringfence::launch
