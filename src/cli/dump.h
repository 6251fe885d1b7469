// One stage of a compilation as text (`ringfence compile --emit STAGE`).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/build.h"

namespace ringfence::cli {

inline constexpr char kWorkloadStages[] =
    "confinement, seccomp, apparmor, landlock, mounts, idmap";

// Nothing: there is no such stage.
[[nodiscard]] std::optional<std::string> Dump(const Compiled& compiled,
                                              std::string_view stage);

// Every filter, disassembled, with the names of its policy.
[[nodiscard]] std::string DumpFilters(
    const std::vector<model::SeccompPolicy>& policies,
    const std::vector<evaluate::Confirmed>& filters);

}  // namespace ringfence::cli
