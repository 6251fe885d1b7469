#include "sys/pidfd.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <span>
#include <utility>

#include "sys/clock.h"
#include "sys/file.h"
#include "sys/outcome.h"

namespace ringfence::sys {

Result<UniqueFd> PidfdOpen(pid_t pid) {
  // SAFETY: glibc 2.36 declares pidfd_open, musl and older glibc do not; the
  // call takes two integers.
  return Descriptor("pidfd_open", ::syscall(SYS_pidfd_open, pid, 0));
}

Result<void> PidfdSendSignal(int pidfd, int signal) {
  // SAFETY: a null siginfo_t makes the call behave as kill(2) does.
  return Done("pidfd_send_signal",
              ::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0));
}

Result<bool> WaitForExit(int pidfd, int timeout_ms) {
  const uint64_t deadline =
      MonotonicMs() + static_cast<uint64_t>(timeout_ms < 0 ? 0 : timeout_ms);
  for (;;) {
    int left = timeout_ms;
    if (timeout_ms > 0) {
      const uint64_t now = MonotonicMs();
      left = now >= deadline ? 0 : static_cast<int>(deadline - now);
    }
    pollfd poll_fd{.fd = pidfd, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&poll_fd, 1, left);
    if (ready > 0) {
      if ((poll_fd.revents & POLLNVAL) != 0) {
        return std::unexpected(SysError{"poll", EBADF});
      }
      return true;
    }
    if (ready == 0) return false;
    if (errno != EINTR) return Failed("poll");
  }
}

Result<uint64_t> StartTime(pid_t pid) {
  std::array<char, 32> path{};
  (void)std::snprintf(path.data(), path.size(), "/proc/%d/stat", pid);
  RF_ASSIGN(const UniqueFd fd, Open(path.data(), O_RDONLY));
  std::array<char, 2048> text{};
  RF_ASSIGN(const size_t length,
            Read(fd.get(), std::as_writable_bytes(std::span(text))));
  return ParseStartTime({text.data(), length});
}

Result<uint64_t> ParseStartTime(std::string_view stat) {
  constexpr auto kMalformed =
      std::unexpected(SysError{"/proc/PID/stat", EBADMSG});
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return kMalformed;
  // What follows starts with field 3 (proc_pid_stat(5)).
  stat.remove_prefix(name_end + 1);
  constexpr int kStartTimeField = 22;
  for (int field = 3; field <= kStartTimeField; ++field) {
    const size_t begin = stat.find_first_not_of(' ');
    if (begin == std::string_view::npos) return kMalformed;
    stat.remove_prefix(begin);
    if (field < kStartTimeField) {
      stat.remove_prefix(std::min(stat.find(' '), stat.size()));
    }
  }
  uint64_t ticks = 0;
  const auto [end, error] =
      std::from_chars(stat.data(), stat.data() + stat.size(), ticks);
  if (error != std::errc{} || end == stat.data() + stat.size() || *end != ' ') {
    return kMalformed;
  }
  return ticks;
}

Result<UniqueFd> OpenIfAlive(const Process& process) {
  if (process.pid <= 0) return UniqueFd();
  Result<UniqueFd> pidfd = PidfdOpen(process.pid);
  if (!pidfd) {
    if (pidfd.error().err == ESRCH) return UniqueFd();
    return pidfd;
  }
  const Result<uint64_t> start = StartTime(process.pid);
  // The number was already another process's when the pidfd was opened, or
  // became one since: both mean that ours is dead.
  if (start && *start != process.start_time) return UniqueFd();
  if (!start && start.error().err == EBADMSG) {
    return std::unexpected(start.error());
  }
  RF_ASSIGN(const bool dead, WaitForExit(pidfd->get(), 0));
  if (dead) return UniqueFd();
  return pidfd;
}

}  // namespace ringfence::sys
