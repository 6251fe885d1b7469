#include "host/trace.h"

#include <sys/ptrace.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>

namespace ringfence::host {
namespace {

std::unexpected<SysError> Error(const char* call) {
  return std::unexpected(SysError{call, errno});
}

// Seized and stopped, and let go again whatever happens.
class Stopped {
 public:
  explicit Stopped(pid_t pid) : pid_(pid) {}
  ~Stopped() { ::ptrace(PTRACE_DETACH, pid_, nullptr, nullptr); }
  Stopped(const Stopped&) = delete;
  Stopped& operator=(const Stopped&) = delete;

 private:
  pid_t pid_;
};

}  // namespace

Result<std::vector<std::vector<sock_filter>>> SeccompFilters(pid_t pid) {
  if (::ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) != 0) {
    return Error("PTRACE_SEIZE");
  }
  const Stopped stopped(pid);
  if (::ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr) != 0) {
    return Error("PTRACE_INTERRUPT");
  }
  int status = 0;
  while (::waitpid(pid, &status, __WALL) < 0) {
    if (errno != EINTR) return Error("waitpid");
  }
  std::vector<std::vector<sock_filter>> filters;
  // The kernel counts from the oldest one.
  for (unsigned long index = 0;; ++index) {
    const long size = ::ptrace(PTRACE_SECCOMP_GET_FILTER, pid, index, nullptr);
    if (size < 0 && errno == ENOENT) break;
    // EINVAL for the first: the thread is in no filter mode.
    if (size < 0 && errno == EINVAL && index == 0) break;
    if (size < 0) return Error("PTRACE_SECCOMP_GET_FILTER");
    std::vector<sock_filter> code(static_cast<size_t>(size));
    if (::ptrace(PTRACE_SECCOMP_GET_FILTER, pid, index, code.data()) < 0) {
      return Error("PTRACE_SECCOMP_GET_FILTER");
    }
    filters.push_back(std::move(code));
  }
  std::ranges::reverse(filters);
  return filters;
}

}  // namespace ringfence::host
