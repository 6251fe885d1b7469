#include "sys/lock.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/check.h"
#include "sys/outcome.h"

namespace ringfence::sys {
namespace {

struct flock Describe(short type, Range range) {
  Check(range.length > 0, "lock: a range of no bytes");
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = range.start;
  lock.l_len = range.length;
  return lock;
}

short Type(LockKind kind) {
  return kind == LockKind::kRead ? F_RDLCK : F_WRLCK;
}

}  // namespace

Result<bool> SetLock(int fd, LockKind kind, Range range) {
  struct flock lock = Describe(Type(kind), range);
  if (Retry([&] { return ::fcntl(fd, F_OFD_SETLK, &lock); }) == 0) return true;
  if (errno == EAGAIN || errno == EACCES) return false;
  return Failed("fcntl F_OFD_SETLK");
}

Result<std::optional<Range>> GetLock(int fd, LockKind kind, Range range) {
  struct flock lock = Describe(Type(kind), range);
  if (Retry([&] { return ::fcntl(fd, F_OFD_GETLK, &lock); }) != 0) {
    return Failed("fcntl F_OFD_GETLK");
  }
  if (lock.l_type == F_UNLCK) return std::nullopt;
  return Range{lock.l_start, lock.l_len};
}

Result<bool> IsLocked(int fd, Range range) {
  struct flock lock = Describe(F_WRLCK, range);
  if (Retry([&] { return ::fcntl(fd, F_GETLK, &lock); }) != 0) {
    return Failed("fcntl F_GETLK");
  }
  return lock.l_type != F_UNLCK;
}

Result<void> Unlock(int fd, Range range) {
  struct flock lock = Describe(F_UNLCK, range);
  return Done("fcntl F_OFD_SETLK",
              Retry([&] { return ::fcntl(fd, F_OFD_SETLK, &lock); }));
}

}  // namespace ringfence::sys
