#include "base/check.h"

#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace ringfence {

void CheckFailed(const char* message) noexcept {
  constexpr char kPrefix[] = "ringfence: internal error: ";
  // Nothing can be done about a failed write here: the process ends anyway.
  (void)!::write(STDERR_FILENO, kPrefix, sizeof kPrefix - 1);
  (void)!::write(STDERR_FILENO, message, std::strlen(message));
  (void)!::write(STDERR_FILENO, "\n", 1);
  std::abort();
}

}  // namespace ringfence
