// Plain blocking sockets for tests. Each has a time limit of 20 seconds for
// every call, which turns a hang into a failure.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>

#include "base/unique_fd.h"
#include "sys/socket.h"

namespace ringfence::relay::testing {

// True as soon as `condition` is; false after 20 seconds.
template <typename Condition>
bool Eventually(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

inline UniqueFd BlockingSocket(int family) {
  UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_TRUE(fd) << strerror(errno);
  const timeval limit{.tv_sec = 20, .tv_usec = 0};
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    EXPECT_EQ(::setsockopt(fd.get(), SOL_SOCKET, option, &limit, sizeof limit),
              0);
  }
  return fd;
}

// The loopback address of `family` with `port`.
inline sys::SocketAddress Loopback(int family, uint16_t port) {
  return *sys::SocketAddress::Numeric(family == AF_INET ? "127.0.0.1" : "::1",
                                      port);
}

// Listens on `address`; port 0 lets the kernel choose.
inline UniqueFd ListenOn(const sys::SocketAddress& address,
                         int backlog = 4096) {
  UniqueFd fd = BlockingSocket(address.family());
  const int on = 1;
  EXPECT_EQ(::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on),
            0);
  EXPECT_TRUE(sys::Bind(fd.get(), address));
  EXPECT_TRUE(sys::Listen(fd.get(), backlog));
  return fd;
}

inline UniqueFd ConnectTo(const sys::SocketAddress& address) {
  UniqueFd fd = BlockingSocket(address.family());
  EXPECT_TRUE(sys::Connect(fd.get(), address));
  return fd;
}

// Blocking, unlike sys::Accept.
inline UniqueFd AcceptFrom(const UniqueFd& listener) {
  UniqueFd fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  EXPECT_TRUE(fd) << strerror(errno);
  const timeval limit{.tv_sec = 20, .tv_usec = 0};
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    EXPECT_EQ(::setsockopt(fd.get(), SOL_SOCKET, option, &limit, sizeof limit),
              0);
  }
  return fd;
}

inline void SendAll(const UniqueFd& socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent =
        ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ASSERT_GT(sent, 0) << strerror(errno);
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

// Fewer than `count` bytes where the socket ends or fails before.
inline std::string ReceiveExactly(const UniqueFd& socket, size_t count) {
  std::string bytes(count, '\0');
  size_t have = 0;
  while (have < count) {
    const ssize_t got =
        ::recv(socket.get(), bytes.data() + have, count - have, 0);
    if (got <= 0) break;
    have += static_cast<size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

// What came up to the end, and the errno that ended it: 0 for an ordinary
// end, EAGAIN for the time limit.
struct Rest {
  std::string bytes;
  int err = 0;
};

inline Rest ReceiveToEnd(const UniqueFd& socket) {
  Rest rest;
  char buffer[65536];
  for (;;) {
    const ssize_t got = ::recv(socket.get(), buffer, sizeof buffer, 0);
    if (got == 0) return rest;
    if (got < 0) {
      rest.err = errno;
      return rest;
    }
    rest.bytes.append(buffer, static_cast<size_t>(got));
  }
}

inline void EndWriting(const UniqueFd& socket) {
  EXPECT_TRUE(sys::ShutdownWrite(socket.get()));
}

inline void Reset(UniqueFd& socket) {
  EXPECT_TRUE(sys::ResetOnClose(socket.get()));
  socket.reset();
}

// Byte number `position` of a stream that repeats late.
inline char PatternAt(uint64_t seed, uint64_t position) {
  uint64_t x = (seed + position / 8) * 0x9E3779B97F4A7C15u;
  x ^= x >> 29;
  x *= 0xBF58476D1CE4E5B9u;
  x ^= x >> 32;
  return static_cast<char>(x >> (8 * (position % 8)));
}

inline std::string Pattern(uint64_t seed, uint64_t position, size_t size) {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i) bytes[i] = PatternAt(seed, position + i);
  return bytes;
}

// Sends the pattern until nothing has fit for a fifth of a second; how many
// bytes were sent. On a slow machine it may stop before everything is full.
inline uint64_t SendPatternUntilFull(const UniqueFd& socket, uint64_t seed) {
  uint64_t sent = 0;
  pollfd entry{.fd = socket.get(), .events = POLLOUT, .revents = 0};
  while (::poll(&entry, 1, 200) == 1) {
    const std::string bytes = Pattern(seed, sent, 65536);
    const ssize_t count = ::send(socket.get(), bytes.data(), bytes.size(),
                                 MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) continue;
    if (count < 0) {
      ADD_FAILURE() << strerror(errno);
      break;
    }
    sent += static_cast<uint64_t>(count);
  }
  return sent;
}

}  // namespace ringfence::relay::testing
