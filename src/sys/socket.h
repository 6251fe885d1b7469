// TCP sockets, one thin wrapper per system call.
//
//   RF_ASSIGN(UniqueFd fd, sys::StreamSocket(AF_INET));
//   RF_TRY(sys::SetSocketOption(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1));
//   RF_TRY(sys::Bind(fd.get(), *sys::SocketAddress::Numeric("127.0.0.1", 80)));
//   RF_TRY(sys::Listen(fd.get(), SOMAXCONN));
//
// Every descriptor made here is close-on-exec and non-blocking from birth.
// Calls that would block fail with EAGAIN; a call interrupted by a signal is
// made again. Nothing here raises SIGPIPE, allocates, or takes a lock: all of
// it may be used after fork.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/result.h"
#include "base/unique_fd.h"

namespace ringfence::sys {

// An IPv4 or IPv6 address with a port in host byte order. No other family can
// be held: that is why it is not a bare sockaddr_storage.
class SocketAddress {
 public:
  // `host` is numeric, as inet_pton(3) takes it; no name is ever looked up.
  static std::optional<SocketAddress> Numeric(const char* host, uint16_t port);
  static SocketAddress From(const sockaddr_in& address);
  static SocketAddress From(const sockaddr_in6& address);

  [[nodiscard]] int family() const { return storage_.any.sa_family; }
  [[nodiscard]] uint16_t port() const;
  // 127.0.0.0/8 or ::1.
  [[nodiscard]] bool is_loopback() const;
  // The IPv4 address inside ::ffff:a.b.c.d, which is how a socket that takes
  // both families shows an IPv4 peer; any other address as it is.
  [[nodiscard]] SocketAddress Unmapped() const;
  // Writes the numeric host, zero-terminated.
  void FormatHost(std::span<char, INET6_ADDRSTRLEN> text) const;

  [[nodiscard]] const sockaddr* data() const { return &storage_.any; }
  [[nodiscard]] socklen_t size() const;

 private:
  SocketAddress() = default;
  union Storage {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  } storage_{.v6 = {}};
};

// socket(2): TCP of `family`, AF_INET or AF_INET6.
[[nodiscard]] Result<UniqueFd> StreamSocket(int family);

[[nodiscard]] Result<void> Bind(int fd, const SocketAddress& address);
[[nodiscard]] Result<void> Listen(int fd, int backlog);

// EINPROGRESS is the usual answer: the socket becomes writable when the
// attempt is over, and SO_ERROR then says how it went (connect(2)).
[[nodiscard]] Result<void> Connect(int fd, const SocketAddress& address);

[[nodiscard]] Result<UniqueFd> Accept(int listener);

// Both ends of a socket. PeerAddress: ENOTCONN once a reset has come.
[[nodiscard]] Result<SocketAddress> LocalAddress(int fd);
[[nodiscard]] Result<SocketAddress> PeerAddress(int fd);

// As many bytes as fit, at least one; EAGAIN where none do.
[[nodiscard]] Result<size_t> SendSome(int fd, std::span<const std::byte> bytes);
// Copies what has arrived and leaves it in the socket (MSG_PEEK). 0: the peer
// has ended its side.
[[nodiscard]] Result<size_t> Peek(int fd, std::span<std::byte> bytes);
// Takes `count` bytes out of a TCP socket without copying them (MSG_TRUNC,
// tcp(7)).
[[nodiscard]] Result<size_t> Discard(int fd, size_t count);

// Ends our side: the peer reads to the end, and may still write.
[[nodiscard]] Result<void> ShutdownWrite(int fd);

// Sets O_NONBLOCK on a descriptor that was made elsewhere, for all who share
// it.
[[nodiscard]] Result<void> SetNonBlocking(int fd);

// Options whose value is an int; setsockopt(2), getsockopt(2).
[[nodiscard]] Result<void> SetSocketOption(int fd, int level, int name,
                                           int value);
[[nodiscard]] Result<int> GetSocketOption(int fd, int level, int name);

// Makes close(2) throw unsent bytes away and answer with a reset (SO_LINGER
// with a time of zero, socket(7)).
[[nodiscard]] Result<void> ResetOnClose(int fd);

}  // namespace ringfence::sys
