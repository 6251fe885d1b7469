// A pair of sockets that keeps messages whole and carries a descriptor.
//
// Everything here allocates nothing and may be called after fork. Source:
// unix(7), SOCK_SEQPACKET and SCM_RIGHTS.
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "base/unique_fd.h"

namespace ringfence::sys {

struct Channel {
  UniqueFd ours;
  UniqueFd theirs;
};
[[nodiscard]] Result<Channel> MakeChannel() noexcept;

// Sends one message; `descriptor` -1: none. EPIPE, never SIGPIPE, where the
// other side is gone.
[[nodiscard]] Result<void> Send(int socket, std::span<const std::byte> message,
                                int descriptor = -1) noexcept;

struct Received {
  size_t size = 0;      // 0: the other side is gone
  UniqueFd descriptor;  // close-on-exec; empty: none came
};
// Waits for one message. A message longer than `buffer` is the error EMSGSIZE.
[[nodiscard]] Result<Received> Receive(int socket,
                                       std::span<std::byte> buffer) noexcept;

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};
[[nodiscard]] Result<Pipe> MakePipe() noexcept;

}  // namespace ringfence::sys
