// The relay's event loop.
//
//   RF_ASSIGN(Relay relay, Relay::Create({.routes = routes,
//                                         .alive = pipe_read_end,
//                                         .signals = queue}));
//   RF_TRY(relay.Serve());
//
// One thread, level-triggered epoll. For each accepted connection it connects
// to the route's target and passes bytes both ways until both sides have
// ended; the end of one side is passed on as such. If the target cannot be
// reached, or one side fails, the other gets a reset, and no other connection
// notices.
//
// The connection to an IPv4 target comes from kSourceHost, an address of its
// own on lo. A service that trusts 127.0.0.1 (pg_hba.conf, Redis' protected
// mode) would otherwise trust the whole network. IPv6 has a single loopback
// address, so the connection to an IPv6 target comes from ::1 itself: give
// such a service an IPv4 target if it trusts ::1.
//
// Memory: Create allocates everything, some 50 bytes for each connection that
// is allowed and 64 KiB in all for copying. Serve allocates nothing, so its
// seccomp filter needs no memory calls. Descriptors: two for each connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "relay/flow.h"
#include "relay/route.h"

namespace ringfence::relay {

inline constexpr char kSourceHost[] = "127.82.70.1";
// One source and one target address share some 28,000 ports
// (net.ipv4.ip_local_port_range); more connections than this would only fail.
inline constexpr size_t kMaxConnections = 16384;
// Retransmissions of the first packet before a target that does not answer
// counts as down: 15 to 20 seconds (tcp(7), TCP_SYNCNT).
inline constexpr int kConnectRetries = 3;

struct Options {
  std::span<const Route> routes;  // 1..kMaxRoutes; borrowed, as descriptors are
  // A pipe whose other end the supervisor holds: its end is the time to stop.
  int alive = -1;
  int signals = -1;  // sys::SignalQueue(); SIGTERM is the time to stop
  // Further clients wait in the listening sockets' queues.
  size_t max_connections = kMaxConnections;
  int connect_retries = kConnectRetries;
};

class Relay {
 public:
  // Fails where a listener is not a listening TCP socket (ENOTSOCK, EINVAL) or
  // the kernel lacks the target's family (EAFNOSUPPORT). The loopback
  // interface may still be down; until it is up, clients are reset.
  static Result<Relay> Create(const Options& options);

  // Returns when it is time to stop; every connection is then closed.
  Result<void> Serve();

 private:
  enum class Stage : uint8_t { kFree, kConnecting, kOpen };

  // One end of a connection. `watched` is what epoll was last asked for;
  // empty: not in the set. `hung_up`: epoll has reported EPOLLHUP or EPOLLERR,
  // which it would report again and again for as long as it is in the set.
  struct End {
    UniqueFd fd;
    std::optional<uint32_t> watched;
    bool hung_up = false;
    // The flow out of this end into the other one.
    Flow outward = Flow::kReading;
  };
  struct Connection {
    Stage stage = Stage::kFree;
    uint8_t route = 0;
    End ends[2];  // kClient, kService
  };

  Relay() = default;

  // True once the other end of `alive` is closed.
  Result<bool> HasEnded();
  // Milliseconds until connections are accepted again; kNoTimeout: no pause.
  [[nodiscard]] int PauseLeft() const;
  // Has epoll report clients exactly while there is room for one more.
  Result<void> ListenWhilePossible();
  Result<void> AcceptFrom(size_t route);
  // Stops accepting for a while if `error` says that the system is out of
  // descriptors or memory; any other error is passed on.
  Result<void> PauseAfter(const SysError& error);
  void Start(size_t route, UniqueFd client, UniqueFd service);
  Result<void> Connect(const Connection& connection);
  void OnEnd(size_t index, size_t which, uint32_t events);
  Result<void> OnConnecting(Connection& connection, size_t which);
  Result<void> OnOpen(Connection& connection, size_t which, uint32_t events);
  Result<void> Push(Connection& connection, size_t from, int chunks);
  // Brings what epoll is asked for up to date.
  Result<void> Watch(size_t index);
  void Close(size_t index);
  void Abort(size_t index);
  // What the service has sent before the end still goes out, as far as it
  // fits; a connection that had not come to its end is reset.
  void SayLastWords();

  std::vector<Route> routes_;
  int alive_ = -1;
  int signals_ = -1;
  int connect_retries_ = kConnectRetries;
  UniqueFd epoll_;
  std::vector<Connection> connections_;
  // Indices of free connections. One that ends during a round of events is
  // free only after it, since the round may still hold events of its own.
  std::vector<uint32_t> free_;
  std::vector<uint32_t> ended_;
  std::unique_ptr<Scratch> scratch_;
  bool listening_ = false;
  // No connection is accepted before this time, as sys::MonotonicMs counts; 0:
  // now.
  uint64_t resume_at_ = 0;
};

}  // namespace ringfence::relay
