#include "sys/descriptor.h"

#include <fcntl.h>

#include <cerrno>

namespace ringfence::sys {

Result<UniqueFd> Duplicate(int fd, int least) noexcept {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, least);
  if (copy >= least) return UniqueFd(copy);
  return std::unexpected(
      SysError{"fcntl(F_DUPFD_CLOEXEC)", copy < 0 ? errno : EBADF});
}

}  // namespace ringfence::sys
