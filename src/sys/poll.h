// Waiting for descriptors: poll(2) and epoll(7).
//
//   RF_ASSIGN(UniqueFd epoll, sys::EpollCreate());
//   RF_TRY(sys::EpollAdd(epoll.get(), listener, EPOLLIN, kListenerTag));
//   epoll_event events[64];
//   RF_ASSIGN(size_t count, sys::EpollWait(epoll.get(), events, kNoTimeout));
//
// Times are in milliseconds. A wait that a signal interrupts goes on for the
// time that is left. Nothing here allocates or takes a lock.
#pragma once

#include <poll.h>
#include <sys/epoll.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "base/unique_fd.h"

namespace ringfence::sys {

inline constexpr int kNoTimeout = -1;

// How many of `entries` have something to report; 0: the time is over.
[[nodiscard]] Result<size_t> Poll(std::span<pollfd> entries, int timeout_ms);

[[nodiscard]] Result<UniqueFd> EpollCreate();
// `tag` comes back in epoll_event::data.u64. The descriptor leaves the set by
// itself when its last copy is closed.
[[nodiscard]] Result<void> EpollAdd(int epoll, int fd, uint32_t events,
                                    uint64_t tag);
[[nodiscard]] Result<void> EpollChange(int epoll, int fd, uint32_t events,
                                       uint64_t tag);
[[nodiscard]] Result<void> EpollRemove(int epoll, int fd);
// The number of events written; 0: the time is over.
[[nodiscard]] Result<size_t> EpollWait(int epoll, std::span<epoll_event> events,
                                       int timeout_ms);

}  // namespace ringfence::sys
