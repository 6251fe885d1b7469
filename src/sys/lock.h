// Open file description locks (fcntl(2), F_OFD_*).
//
//   RF_ASSIGN(bool mine, sys::SetLock(fd, sys::LockKind::kWrite, {at, 1}));
//   if (!mine) ... another open file description holds it
//
// Such a lock belongs to the open file description: a descriptor passed over
// fork or SCM_RIGHTS carries it, and it goes when the last copy is closed.
// Not flock(2): that cannot ask without taking. Not plain fcntl locks: they
// belong to the process, are not inherited over fork, and are dropped when
// any descriptor of the file is closed.
//
// A read lock needs a descriptor open for reading, a write lock one open for
// writing; otherwise EBADF. [after-fork safe]
#pragma once

#include <sys/types.h>

#include <optional>

#include "base/result.h"

namespace ringfence::sys {

enum class LockKind { kRead, kWrite };

// `length` bytes from `start`; never 0 (which would mean up to the end).
struct Range {
  off_t start = 0;
  off_t length = 0;
  bool operator==(const Range&) const = default;
};

// Takes the lock, or converts the one already held. Never waits: false when
// another open file description is in the way.
[[nodiscard]] Result<bool> SetLock(int fd, LockKind kind, Range range);

// The first lock of another open file description that would keep `kind` from
// being set on `range`; nullopt: none. Takes nothing.
[[nodiscard]] Result<std::optional<Range>> GetLock(int fd, LockKind kind,
                                                   Range range);

// Whether anybody holds a lock that touches `range`, the open file description
// of `fd` included: F_GETLK asks for the process, which owns none of them.
[[nodiscard]] Result<bool> IsLocked(int fd, Range range);

[[nodiscard]] Result<void> Unlock(int fd, Range range);

}  // namespace ringfence::sys
