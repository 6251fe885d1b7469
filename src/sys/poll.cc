#include "sys/poll.h"

#include <algorithm>
#include <cerrno>
#include <climits>

#include "sys/clock.h"
#include "sys/outcome.h"

namespace ringfence::sys {
namespace {

// Calls `wait(timeout)` until no signal interrupts it. The clock is read only
// where a time has to be kept.
template <typename Wait>
int WaitUninterrupted(Wait wait, int timeout_ms) {
  if (timeout_ms <= 0) {
    return Retry([&] { return wait(timeout_ms); });
  }
  const uint64_t end = MonotonicMs() + static_cast<uint64_t>(timeout_ms);
  return Retry([&] {
    const uint64_t now = MonotonicMs();
    return wait(now < end ? static_cast<int>(end - now) : 0);
  });
}

Result<void> Control(int epoll, int operation, int fd, uint32_t events,
                     uint64_t tag) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag;
  return Done("epoll_ctl", ::epoll_ctl(epoll, operation, fd, &event));
}

}  // namespace

Result<size_t> Poll(std::span<pollfd> entries, int timeout_ms) {
  return Count("poll", WaitUninterrupted(
                           [&](int timeout) {
                             return ::poll(entries.data(), entries.size(),
                                           timeout);
                           },
                           timeout_ms));
}

Result<UniqueFd> EpollCreate() {
  return Descriptor("epoll_create1", ::epoll_create1(EPOLL_CLOEXEC));
}

Result<void> EpollAdd(int epoll, int fd, uint32_t events, uint64_t tag) {
  return Control(epoll, EPOLL_CTL_ADD, fd, events, tag);
}

Result<void> EpollChange(int epoll, int fd, uint32_t events, uint64_t tag) {
  return Control(epoll, EPOLL_CTL_MOD, fd, events, tag);
}

Result<void> EpollRemove(int epoll, int fd) {
  return Control(epoll, EPOLL_CTL_DEL, fd, 0, 0);
}

// epoll_pwait(2) without a mask, since aarch64 has no epoll_wait(2): one name
// for the filters of both.
Result<size_t> EpollWait(int epoll, std::span<epoll_event> events,
                         int timeout_ms) {
  const auto room = std::min<size_t>(events.size(), INT_MAX);
  return Count("epoll_pwait", WaitUninterrupted(
                                  [&](int timeout) {
                                    return ::epoll_pwait(epoll, events.data(),
                                                         static_cast<int>(room),
                                                         timeout, nullptr);
                                  },
                                  timeout_ms));
}

}  // namespace ringfence::sys
