// Copies of descriptors (fcntl(2), F_DUPFD_CLOEXEC).
#pragma once

#include "base/result.h"
#include "base/unique_fd.h"

namespace ringfence::sys {

// The first number that is no standard stream's.
inline constexpr int kAfterStreams = 3;

// A copy of `fd` that is closed on exec, under the lowest free number from
// `least` on. A lower number is somebody else's descriptor and an error: it is
// not touched.
[[nodiscard]] Result<UniqueFd> Duplicate(int fd, int least) noexcept;

}  // namespace ringfence::sys
