// The host's policy as the launcher reads it: RUN/ringfence/policy, a file of
// fixed size that root alone may write, compiled from host.yaml by `ringfence
// host`. It is replaced as a whole, in the critical section of the ledger.
//
//   auto policy = ReadPolicy(place);
//   if (!policy) ... policy.error().reason, .remedy
//
// In host scope it must be there and be what it should be: a host whose rules
// cannot be read is not a host without rules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>

#include "admit/place.h"
#include "model/host.h"

namespace ringfence::admit {

inline constexpr char kPolicyFile[] = "policy";

// In user scope: the default.
[[nodiscard]] std::expected<model::HostPolicy, Unusable> ReadPolicy(
    const Place& place);

// The bytes of the file, which src/host writes. nullopt: nonsense.
[[nodiscard]] std::optional<model::HostPolicy> DecodePolicy(
    std::span<const std::byte> bytes);

}  // namespace ringfence::admit
