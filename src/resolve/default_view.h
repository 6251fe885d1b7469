// DefaultView: what every workload sees.
#pragma once

#include <cstdint>
#include <vector>

#include "model/filesystem.h"
#include "model/identity.h"
#include "resolve/level.h"

namespace ringfence::resolve {

// Size of a scratch directory that names none, of /tmp and of /dev/shm, bytes.
inline constexpr uint64_t kDefaultScratch = uint64_t{64} << 20;

// Cut to what the ceilings let be read and executed. `shm` is the size of
// /dev/shm in bytes.
[[nodiscard]] std::vector<model::ViewEntry> DefaultView(
    const LevelCeilings& ceilings, const model::User& user, uint64_t shm);

}  // namespace ringfence::resolve
