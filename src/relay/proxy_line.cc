#include "relay/proxy_line.h"

#include <cstdio>

#include "base/check.h"

namespace ringfence::relay {

ProxyLine::ProxyLine(const sys::SocketAddress& client,
                     const sys::SocketAddress& server) {
  const sys::SocketAddress from = client.Unmapped();
  const sys::SocketAddress to = server.Unmapped();
  int size = 0;
  if (from.family() != to.family()) {
    size = std::snprintf(text_.data(), text_.size(), "PROXY UNKNOWN\r\n");
  } else {
    char source[INET6_ADDRSTRLEN];
    char destination[INET6_ADDRSTRLEN];
    from.FormatHost(source);
    to.FormatHost(destination);
    size =
        std::snprintf(text_.data(), text_.size(), "PROXY %s %s %s %u %u\r\n",
                      from.family() == AF_INET ? "TCP4" : "TCP6", source,
                      destination, unsigned{from.port()}, unsigned{to.port()});
  }
  Check(size > 0 && static_cast<size_t>(size) < text_.size(),
        "relay: a PROXY line is too long");
  size_ = static_cast<size_t>(size);
}

}  // namespace ringfence::relay
