// The cgroup that a launch gets, found and divided before the launcher starts.
#pragma once

#include <optional>
#include <string>

#include "host/delegation.h"

namespace ringfence::cli {

// `divided` is empty where there is none: `why`, and what to do about it.
struct CgroupFor {
  std::optional<host::Divided> divided;
  std::string why;
  std::string remedy;
};

// `directory`: the one that the user handed over; empty: this process's own, or
// one that the user's systemd manager makes. Where there is one, this process
// is in its leaf `sup` afterwards. `what`: names the workload to the manager.
[[nodiscard]] CgroupFor FindCgroup(const std::string& directory,
                                   const std::string& what);

}  // namespace ringfence::cli
