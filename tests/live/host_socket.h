// TCP sockets of the host, for tests of what a sandbox does with its ports.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/unique_fd.h"

namespace ringfence::live {

// A TCP socket of the host's, listening on a port that was free.
class HostSocket {
 public:
  explicit HostSocket(int family = AF_INET)
      : socket_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (family == AF_INET) {
      auto& v4 = reinterpret_cast<sockaddr_in&>(address);
      v4.sin_family = AF_INET;
      v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      size = sizeof v4;
    } else {
      auto& v6 = reinterpret_cast<sockaddr_in6&>(address);
      v6.sin6_family = AF_INET6;
      v6.sin6_addr = in6addr_loopback;
      size = sizeof v6;
    }
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(socket_.get(), raw, size), 0);
    EXPECT_EQ(::listen(socket_.get(), 16), 0);
    EXPECT_EQ(::getsockname(socket_.get(), raw, &size), 0);
    // The port is at the same place in both kinds of address.
    port_ = ntohs(reinterpret_cast<sockaddr_in&>(address).sin_port);
  }
  [[nodiscard]] int fd() const { return socket_.get(); }
  [[nodiscard]] uint16_t port() const { return port_; }

 private:
  UniqueFd socket_;
  uint16_t port_ = 0;
};

// A port that nothing listens on.
inline uint16_t FreePort(int family = AF_INET) {
  return HostSocket(family).port();
}

}  // namespace ringfence::live
