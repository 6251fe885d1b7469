// The lock of the log: readers share it, a writer has it alone.
#pragma once

#include <cstdint>
#include <expected>

#include "audit/place.h"
#include "base/unique_fd.h"
#include "sys/lock.h"

namespace ringfence::audit {

// The head, opened and locked: to write for sys::LockKind::kWrite, else to
// read. The lock is held for as long as the descriptor is open.
[[nodiscard]] std::expected<UniqueFd, Problem> LockHead(const Place& place,
                                                        sys::LockKind kind,
                                                        uint32_t patience_ms);

}  // namespace ringfence::audit
