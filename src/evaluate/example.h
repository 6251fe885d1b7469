// ExampleOf: some values of the arguments for which a condition holds.
//
//   ExampleOf(condition)   // nothing: it holds for no call
//
// Exact, by the walk of cases.h. [pure]
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>

#include "bpf/program.h"
#include "model/seccomp.h"

namespace ringfence::evaluate {

using Arguments = std::array<uint64_t, 6>;

// The error: the walk came to its limit (CaseLimits), and nothing is known.
[[nodiscard]] std::expected<std::optional<Arguments>, bpf::Malformed> ExampleOf(
    const model::Condition& condition);

}  // namespace ringfence::evaluate
