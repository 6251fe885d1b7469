// Which AppArmor profile a launch can select on this host.
//
// Loading a profile is root's business; selecting a loaded one needs no
// privilege (apparmor(7), aa_change_onexec(2)). libapparmor would allocate
// after the clone, and looks its own files up by a thread id that a new PID
// namespace does not know: the bytes are prepared here and written there.
#pragma once

#include <string>
#include <string_view>

#include "bundle/bundle.h"

namespace ringfence::launch {

struct AppArmor {
  bool enabled = false;
  // The launcher runs under a profile itself: then, with no_new_privs, another
  // one can only be stacked on it, and both hold.
  bool confined = false;
  std::string profile;  // loaded, and of this workload; empty: none is
  // Why there is none, and what to do; empty where there is one.
  std::string why;
  std::string remedy;
};

// The workload's own profile if it is loaded, else its level's.
[[nodiscard]] AppArmor FindAppArmor(const bundle::Bundle& bundle);

// `refused`: the errno with which the kernel refused to select the profile of
// `level`; 0: it did not. `enabled`: AppArmor is on. [pure]
[[nodiscard]] AppArmor JudgeAppArmor(bool enabled, const std::string& level,
                                     int refused);

// What is written to select `apparmor.profile`, into the file of procfs below.
[[nodiscard]] std::string SelectionOf(const AppArmor& apparmor);
inline constexpr char kExecAttribute[] = "thread-self/attr/apparmor/exec";
inline constexpr char kCurrentAttribute[] = "/proc/self/attr/apparmor/current";

}  // namespace ringfence::launch
