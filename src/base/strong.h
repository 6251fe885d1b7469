// Strong: an integer that cannot be mistaken for another.
//
//   using HostUid = Strong<uint32_t, struct HostUidTag>;
//   HostUid uid{1000};       // explicit only
//
// Comparable with its own kind, convertible to nothing.
#pragma once

#include <compare>

namespace ringfence {

template <typename Number, typename Tag>
struct Strong {
  Number value{};

  constexpr Strong() = default;
  constexpr explicit Strong(Number number) : value(number) {}
  friend constexpr auto operator<=>(const Strong&, const Strong&) = default;
};

}  // namespace ringfence
