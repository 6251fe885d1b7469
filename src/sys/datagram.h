// Datagram sockets of AF_UNIX, as sd_notify(3) uses them.
//
// Every descriptor made here is close-on-exec and non-blocking. Nothing here
// allocates or takes a lock: all of it may be used after fork. Source: unix(7).
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace ringfence::sys {

// A socket bound to the new file `name` in the directory `dir`. Leaves the
// working directory in `dir`: bind(2) has no other way to name a file in a
// tree that is not attached yet.
[[nodiscard]] Result<UniqueFd> BoundDatagramSocket(int dir,
                                                   const char* name) noexcept;
// A socket that sends to `path`, a file, or, where it begins with '@', a name
// of the abstract namespace. EINVAL: it is neither, or too long.
[[nodiscard]] Result<UniqueFd> ConnectedDatagramSocket(
    std::string_view path) noexcept;

// One datagram, cut to `bytes`; descriptors that come along are closed by the
// kernel. The size that it had; EAGAIN where none waits.
[[nodiscard]] Result<size_t> ReceiveDatagram(
    int fd, std::span<std::byte> bytes) noexcept;
// EAGAIN where the receiver's queue is full.
[[nodiscard]] Result<void> SendDatagram(int fd, std::string_view text) noexcept;

}  // namespace ringfence::sys
