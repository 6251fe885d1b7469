// What a bundle requires of this host before anything is made.
#pragma once

#include <expected>

#include "bundle/bundle.h"
#include "launch/plan.h"
#include "launch/refusal.h"

namespace ringfence::launch {

// Refuses (121) where a protection that the profile requires cannot be
// enforced here, and names it.
[[nodiscard]] std::expected<void, Refusal> CheckRequirements(
    const bundle::Bundle& bundle, const Facts& facts);

// The same for the limits on disks, which are set once it is known what lies
// on which.
[[nodiscard]] std::expected<void, Refusal> CheckDiskLimits(
    const bundle::Bundle& bundle, const CgroupFacts& facts);

// Where the host keeps one ledger for all its users, a level is what root
// says it is: every profile file has to be root's, writable by nobody else,
// and still what the bundle was compiled from.
[[nodiscard]] std::expected<void, Refusal> CheckProfiles(
    const bundle::Bundle& bundle);

}  // namespace ringfence::launch
