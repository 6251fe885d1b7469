// How a workload meets the network.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/source.h"

namespace ringfence::model {

enum class NetworkMode : uint8_t {
  kNone,    // a network namespace with loopback only
  kListen,  // the same, and the sockets of `listen` reach in
  kHost,    // the host's network
};

// Who holds the listening socket that the launcher bound outside.
enum class Handover : uint8_t {
  kRelay,  // a relay process; the workload never sees the host's socket
  kFds,    // the workload, by LISTEN_FDS (sd_listen_fds(3))
  kNginx,  // the workload, by nginx's NGINX variable
};

struct Address {
  bool ipv6 = false;
  std::string host;   // numeric
  uint16_t port = 0;  // 1..65535
  bool operator==(const Address&) const = default;
};

struct Listen {
  Address bind;  // on the host
  Address to;    // kRelay: inside the sandbox
  Handover handover = Handover::kRelay;
  bool proxy_protocol = false;  // kRelay: a PROXY v1 line goes first
  Source source;
  bool operator==(const Listen&) const = default;
};

struct Network {
  NetworkMode mode = NetworkMode::kNone;
  std::vector<Listen> listen;
  // A handed-over socket belongs to the host's network and the workload's
  // filter does not deny connect(2): only Landlock (ABI 4) can keep it from
  // connecting out, so the launch is refused below that ABI.
  bool needs_landlock = false;
  bool operator==(const Network&) const = default;
};

}  // namespace ringfence::model
