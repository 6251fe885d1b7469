// The first line of a relayed connection: who the client really is.
//
//   PROXY TCP4 192.0.2.7 198.51.100.1 54321 8080\r\n
//
// Version 1 of the PROXY protocol, section 2.1 of
// https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt.
#pragma once

#include <array>
#include <string_view>

#include "sys/socket.h"

namespace ringfence::relay {

class ProxyLine {
 public:
  // `client` and `server` are the two ends of the accepted connection. IPv4
  // inside IPv6 is written as IPv4; ends of different families, which one
  // connection cannot have, as UNKNOWN.
  ProxyLine(const sys::SocketAddress& client, const sys::SocketAddress& server);

  [[nodiscard]] std::string_view text() const { return {text_.data(), size_}; }

 private:
  // The specification's worst case is 107 bytes and a zero.
  std::array<char, 108> text_{};
  size_t size_ = 0;
};

}  // namespace ringfence::relay
