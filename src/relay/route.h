// Where connections come from and where they go.
#pragma once

#include "sys/socket.h"

namespace ringfence::relay {

// The largest number of routes one relay serves.
inline constexpr size_t kMaxRoutes = 64;

struct Route {
  // A listening TCP socket of the host's network namespace.
  int listener = -1;
  // A loopback address of the sandbox's network namespace.
  sys::SocketAddress target;
  // Send a PROXY protocol line before anything else (proxy_line.h).
  bool proxy_protocol = false;
};

}  // namespace ringfence::relay
