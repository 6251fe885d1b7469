// What a command cannot do anything with.
#pragma once

#include <string>

namespace ringfence::cli {

// Says why on standard error, and returns kBadUsage.
[[nodiscard]] int Usage(const std::string& why);

}  // namespace ringfence::cli
