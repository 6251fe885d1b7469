// One stage of a compilation as text (`ringfence compile --emit STAGE`).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/build.h"

namespace ringfence::cli {

inline constexpr char kWorkloadStages[] =
    "confinement, seccomp, seccomp.bpf, seccomp.json, apparmor, selinux, "
    "landlock, mounts, idmap";
inline constexpr char kLevelStages[] =
    "seccomp, seccomp.bpf, seccomp.json, apparmor, selinux";

// Nothing: there is no such stage, or it is one of the filter
// (filter_text.h).
[[nodiscard]] std::optional<std::string> Dump(const Compiled& compiled,
                                              std::string_view stage);

}  // namespace ringfence::cli
