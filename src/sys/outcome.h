// How the wrappers of this folder turn a return value into a Result.
#pragma once

#include <sys/types.h>

#include <cerrno>
#include <cstddef>

#include "base/result.h"
#include "base/unique_fd.h"

namespace ringfence::sys {

[[nodiscard]] inline std::unexpected<SysError> Failed(const char* call) {
  return std::unexpected(SysError{call, errno});
}

[[nodiscard]] inline Result<void> Done(const char* call, long result) {
  if (result < 0) return Failed(call);
  return {};
}

[[nodiscard]] inline Result<UniqueFd> Descriptor(const char* call,
                                                 long result) {
  if (result < 0) return Failed(call);
  return UniqueFd(static_cast<int>(result));
}

[[nodiscard]] inline Result<size_t> Count(const char* call, ssize_t result) {
  if (result < 0) return Failed(call);
  return static_cast<size_t>(result);
}

// Repeats a call that a signal interrupted. Not for close(2), which has freed
// the descriptor even then.
template <typename Call>
[[nodiscard]] auto Retry(Call call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

}  // namespace ringfence::sys
