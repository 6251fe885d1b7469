#include "resolve/constants.h"

#include <algorithm>

namespace ringfence::resolve {
namespace {

struct Constant {
  std::string_view name;
  uint64_t value = 0;
};

#include "resolve/constants.inc"

static_assert(std::ranges::is_sorted(kConstants, std::ranges::less_equal{},
                                     &Constant::name));

}  // namespace

std::optional<uint64_t> FindConstant(std::string_view name) {
  const auto* at =
      std::ranges::lower_bound(kConstants, name, {}, &Constant::name);
  if (at == std::end(kConstants) || at->name != name) return std::nullopt;
  return at->value;
}

std::optional<uint16_t> FindErrno(std::string_view name) {
  const auto* at = std::ranges::find(kErrors, name, &Constant::name);
  if (at == std::end(kErrors)) return std::nullopt;
  return static_cast<uint16_t>(at->value);
}

std::string ErrnoName(uint16_t error) {
  const auto* at = std::ranges::find(kErrors, error, &Constant::value);
  if (at == std::end(kErrors)) return std::to_string(error);
  return std::string(at->name);
}

std::vector<std::string_view> AllConstants() {
  std::vector<std::string_view> names;
  names.reserve(std::size(kConstants));
  for (const Constant& constant : kConstants) names.push_back(constant.name);
  return names;
}

}  // namespace ringfence::resolve
