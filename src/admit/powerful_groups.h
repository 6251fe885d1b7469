// Groups whose members have power over the whole host.
//
//   for (const PowerfulGroup& group : PowerfulGroupsOf(caller, groups)) ...
//
// A process in a user namespace with a single-id map cannot drop its
// supplementary groups: setgroups(2) is denied there. So whatever a group may
// open, the workload may open too, wherever it is visible. A launch by a
// member of one of these is refused; `doctor` names them.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "sys/user.h"

namespace ringfence::admit {

struct PowerfulGroup {
  std::string_view name;
  std::string_view power;  // "its members can ..."
};

[[nodiscard]] std::span<const PowerfulGroup> AllPowerfulGroups();

// Those of `caller`, its effective and supplementary ones. `groups` is the
// content of /etc/group. Group id 0 is powerful by its number alone.
[[nodiscard]] std::vector<PowerfulGroup> PowerfulGroupsOf(
    const sys::Caller& caller, const std::vector<sys::NamedId>& groups);

}  // namespace ringfence::admit
