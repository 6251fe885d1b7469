#include "compile/capabilities.h"

#include <algorithm>

#include "base/capabilities.h"

namespace ringfence::compile {

std::expected<uint64_t, CompileError> CompileCapabilities(
    const std::vector<std::string>& names) {
  uint64_t mask = 0;
  for (const std::string& name : names) {
    const auto at = std::ranges::find(kCapabilityNames, name);
    if (at == kCapabilityNames.end()) {
      return std::unexpected(
          CompileError{"there is no capability " + name, {}});
    }
    mask |= uint64_t{1} << (at - kCapabilityNames.begin());
  }
  return mask;
}

}  // namespace ringfence::compile
