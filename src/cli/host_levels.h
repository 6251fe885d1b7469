// The trust levels of this host.
#pragma once

#include <set>
#include <string>

namespace ringfence::cli {

// The names of all that profiles are looked up for.
[[nodiscard]] std::set<std::string> HostLevels();

}  // namespace ringfence::cli
