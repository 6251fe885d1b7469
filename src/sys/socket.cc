#include "sys/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "sys/outcome.h"

namespace ringfence::sys {
namespace {

// One end of a socket, by getsockname(2) or getpeername(2).
template <typename Call>
Result<SocketAddress> AddressOf(const char* name, Call call, int fd) {
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  } address{.v6 = {}};
  socklen_t size = sizeof address;
  RF_TRY(Done(name, call(fd, &address.any, &size)));
  if (address.any.sa_family == AF_INET) return SocketAddress::From(address.v4);
  if (address.any.sa_family == AF_INET6) return SocketAddress::From(address.v6);
  return std::unexpected(SysError{name, EAFNOSUPPORT});
}

}  // namespace

std::optional<SocketAddress> SocketAddress::Numeric(const char* host,
                                                    uint16_t port) {
  sockaddr_in v4{};
  if (::inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    return From(v4);
  }
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET6, host, &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    return From(v6);
  }
  return std::nullopt;
}

SocketAddress SocketAddress::From(const sockaddr_in& address) {
  SocketAddress result;
  result.storage_.v4 = address;
  return result;
}

SocketAddress SocketAddress::From(const sockaddr_in6& address) {
  SocketAddress result;
  result.storage_.v6 = address;
  return result;
}

uint16_t SocketAddress::port() const {
  return ntohs(family() == AF_INET ? storage_.v4.sin_port
                                   : storage_.v6.sin6_port);
}

bool SocketAddress::is_loopback() const {
  if (family() == AF_INET) {
    return ntohl(storage_.v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
  }
  return std::memcmp(&storage_.v6.sin6_addr, &in6addr_loopback,
                     sizeof(in6_addr)) == 0;
}

SocketAddress SocketAddress::Unmapped() const {
  if (family() != AF_INET6) return *this;
  const in6_addr& v6 = storage_.v6.sin6_addr;
  constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::memcmp(&v6, kMapped, sizeof kMapped) != 0) return *this;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = storage_.v6.sin6_port;
  std::memcpy(&v4.sin_addr, v6.s6_addr + sizeof kMapped, sizeof v4.sin_addr);
  return From(v4);
}

void SocketAddress::FormatHost(std::span<char, INET6_ADDRSTRLEN> text) const {
  const void* address = &storage_.v6.sin6_addr;
  if (family() == AF_INET) address = &storage_.v4.sin_addr;
  Check(
      ::inet_ntop(family(), address, text.data(), INET6_ADDRSTRLEN) != nullptr,
      "sys: an address does not fit its text");
}

socklen_t SocketAddress::size() const {
  return family() == AF_INET ? sizeof storage_.v4 : sizeof storage_.v6;
}

Result<UniqueFd> StreamSocket(int family) {
  return Descriptor("socket",
                    ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                             IPPROTO_TCP));
}

Result<void> Bind(int fd, const SocketAddress& address) {
  return Done("bind", ::bind(fd, address.data(), address.size()));
}

Result<void> Listen(int fd, int backlog) {
  return Done("listen", ::listen(fd, backlog));
}

// Not made again after EINTR: the attempt goes on, and a second connect(2)
// would report EALREADY.
Result<void> Connect(int fd, const SocketAddress& address) {
  return Done("connect", ::connect(fd, address.data(), address.size()));
}

Result<UniqueFd> Accept(int listener) {
  return Descriptor("accept4", Retry([&] {
                      return ::accept4(listener, nullptr, nullptr,
                                       SOCK_CLOEXEC | SOCK_NONBLOCK);
                    }));
}

Result<SocketAddress> LocalAddress(int fd) {
  return AddressOf("getsockname", ::getsockname, fd);
}

Result<SocketAddress> PeerAddress(int fd) {
  return AddressOf("getpeername", ::getpeername, fd);
}

Result<size_t> SendSome(int fd, std::span<const std::byte> bytes) {
  return Count("send", Retry([&] {
                 return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
               }));
}

Result<size_t> Peek(int fd, std::span<std::byte> bytes) {
  return Count("recv", Retry([&] {
                 return ::recv(fd, bytes.data(), bytes.size(), MSG_PEEK);
               }));
}

Result<size_t> Discard(int fd, size_t count) {
  return Count("recv",
               Retry([&] { return ::recv(fd, nullptr, count, MSG_TRUNC); }));
}

Result<void> ShutdownWrite(int fd) {
  return Done("shutdown", ::shutdown(fd, SHUT_WR));
}

Result<void> SetNonBlocking(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  RF_TRY(Done("fcntl", flags));
  return Done("fcntl", ::fcntl(fd, F_SETFL, flags | O_NONBLOCK));
}

Result<void> SetSocketOption(int fd, int level, int name, int value) {
  return Done("setsockopt",
              ::setsockopt(fd, level, name, &value, sizeof value));
}

Result<int> GetSocketOption(int fd, int level, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  RF_TRY(Done("getsockopt", ::getsockopt(fd, level, name, &value, &size)));
  return value;
}

Result<void> ResetOnClose(int fd) {
  const linger value{.l_onoff = 1, .l_linger = 0};
  return Done("setsockopt",
              ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &value, sizeof value));
}

}  // namespace ringfence::sys
