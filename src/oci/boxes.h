// BoxesOf: a condition as the masked equalities that make it up.
//
//   BoxesOf(condition, true)    // it holds exactly in these boxes
//   BoxesOf(condition, false)   // and in none of these
//
// A range of 32 bits is at most 62 boxes, of 64 bits at most 126.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/seccomp.h"

namespace ringfence::oci {

// The calls with (argument & mask) == value for each argument; value lies
// inside mask. Mask 0: any argument.
struct Box {
  struct Side {
    uint64_t mask = 0;
    uint64_t value = 0;
    bool operator==(const Side&) const = default;
  };
  std::array<Side, 6> sides;
  bool operator==(const Box&) const = default;
};

inline constexpr size_t kMaxBoxes = 4096;

// Disjoint or not, none inside another that was found before. Nothing if there
// would be more than kMaxBoxes. [pure]
[[nodiscard]] std::optional<std::vector<Box>> BoxesOf(
    const model::Condition& condition, bool holds);

// What two lists have in common.
[[nodiscard]] std::optional<std::vector<Box>> Intersect(
    const std::vector<Box>& one, const std::vector<Box>& other);

}  // namespace ringfence::oci
