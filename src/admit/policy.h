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
#include <vector>

#include "admit/place.h"
#include "base/result.h"
#include "model/host.h"

namespace ringfence::admit {

inline constexpr char kPolicyFile[] = "policy";

// In user scope: the default.
[[nodiscard]] std::expected<model::HostPolicy, Unusable> ReadPolicy(
    const Place& place);

// Puts `policy` in the place of the one in `directory`, if there is one. The
// caller is root and in the critical section, or nobody else knows the
// directory yet. Check: it keeps to the limits of model/host.h.
[[nodiscard]] Result<void> WritePolicy(int directory,
                                       const model::HostPolicy& policy);

// The bytes of the file, for tests and for the two above. nullopt: nonsense.
[[nodiscard]] std::vector<std::byte> EncodePolicy(
    const model::HostPolicy& policy);
[[nodiscard]] std::optional<model::HostPolicy> DecodePolicy(
    std::span<const std::byte> bytes);

}  // namespace ringfence::admit
