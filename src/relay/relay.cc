#include "relay/relay.h"

#include <netinet/tcp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "base/check.h"
#include "relay/proxy_line.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/poll.h"
#include "sys/signal.h"
#include "sys/socket.h"

namespace ringfence::relay {
namespace {

constexpr size_t kClient = 0;
constexpr size_t kService = 1;

// epoll's tag of a connection's end is 2 * index + end; these are above.
constexpr uint64_t kListenerTag = uint64_t{1} << 32;
constexpr uint64_t kAliveTag = uint64_t{1} << 33;
constexpr uint64_t kSignalTag = kAliveTag + 1;

constexpr int kAcceptsPerTurn = 64;
// One busy connection cannot keep the others waiting for longer than this.
constexpr int kChunksPerTurn = 4;
// More than a receive buffer holds (net.ipv4.tcp_rmem: 6 MiB).
constexpr int kChunksAtTheEnd = 128;
constexpr uint32_t kHangUp = EPOLLHUP | EPOLLERR;
// How long no connection is accepted after the system ran out of descriptors
// or memory, if none of ours ends before.
constexpr uint64_t kExhaustedPauseMs = 100;

bool IsExhaustion(int err) {
  return err == EMFILE || err == ENFILE || err == ENOBUFS || err == ENOMEM ||
         err == ENOSPC;
}

// accept(2): "treat them like EAGAIN by retrying". The client is gone, and
// the listening socket is as good as before.
bool IsClientsTrouble(int err) {
  constexpr std::array kTroubles = {ECONNABORTED, EPERM,        EPROTO,
                                    ENETDOWN,     ENOPROTOOPT,  EHOSTDOWN,
                                    ENONET,       EHOSTUNREACH, EOPNOTSUPP,
                                    ENETUNREACH,  ETIMEDOUT};
  return std::find(kTroubles.begin(), kTroubles.end(), err) != kTroubles.end();
}

// Closes with a reset. SO_LINGER cannot be refused on a TCP socket; were it,
// the peer would see an ordinary end.
void CloseWithReset(UniqueFd& fd) {
  (void)sys::ResetOnClose(fd.get());
  fd.reset();
}

// A socket for a connection to `target`, not connected yet.
Result<UniqueFd> SocketFor(const sys::SocketAddress& target, int retries) {
  RF_ASSIGN(UniqueFd fd, sys::StreamSocket(target.family()));
  if (target.family() == AF_INET) {
    // The port is chosen at connect(2) then, where it need only be free for
    // this target; and the address may be bound before lo is up (ip(7)).
    RF_TRY(
        sys::SetSocketOption(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1));
    RF_TRY(sys::SetSocketOption(fd.get(), IPPROTO_IP, IP_FREEBIND, 1));
    const auto source = sys::SocketAddress::Numeric(kSourceHost, 0);
    Check(source.has_value(), "relay: the source address is malformed");
    RF_TRY(sys::Bind(fd.get(), *source));
  }
  RF_TRY(sys::SetSocketOption(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1));
  RF_TRY(sys::SetSocketOption(fd.get(), IPPROTO_TCP, TCP_SYNCNT, retries));
  return fd;
}

Result<void> CheckListener(int fd) {
  RF_ASSIGN(const int listening,
            sys::GetSocketOption(fd, SOL_SOCKET, SO_ACCEPTCONN));
  RF_ASSIGN(const int protocol,
            sys::GetSocketOption(fd, SOL_SOCKET, SO_PROTOCOL));
  if (listening == 0 || protocol != IPPROTO_TCP) {
    return std::unexpected(SysError{"getsockopt", EINVAL});
  }
  return {};
}

}  // namespace

Result<Relay> Relay::Create(const Options& options) {
  Check(!options.routes.empty() && options.routes.size() <= kMaxRoutes,
        "relay: the number of routes is out of range");
  Check(options.max_connections >= 1 &&
            options.max_connections <= kMaxConnections,
        "relay: the number of connections is out of range");
  Relay relay;
  RF_ASSIGN(relay.epoll_, sys::EpollCreate());
  const int epoll = relay.epoll_.get();
  relay.alive_ = options.alive;
  RF_TRY(sys::EpollAdd(epoll, options.alive, EPOLLIN, kAliveTag));
  relay.signals_ = options.signals;
  RF_TRY(sys::EpollAdd(epoll, options.signals, EPOLLIN, kSignalTag));
  relay.routes_.assign(options.routes.begin(), options.routes.end());
  for (size_t i = 0; i < relay.routes_.size(); ++i) {
    const int listener = relay.routes_[i].listener;
    RF_TRY(CheckListener(listener));
    // Where the kernel has no IPv6, no client could ever be served.
    RF_TRY(SocketFor(relay.routes_[i].target, options.connect_retries));
    RF_TRY(sys::SetNonBlocking(listener));
    RF_TRY(sys::EpollAdd(epoll, listener, 0, kListenerTag + i));
  }
  relay.connect_retries_ = options.connect_retries;
  relay.connections_.resize(options.max_connections);
  relay.ended_.reserve(options.max_connections);
  relay.free_.resize(options.max_connections);
  for (size_t i = 0; i < options.max_connections; ++i) {
    relay.free_[i] = static_cast<uint32_t>(options.max_connections - 1 - i);
  }
  relay.scratch_ = std::make_unique<Scratch>();
  return relay;
}

Result<void> Relay::Serve() {
  std::array<epoll_event, 256> events;
  for (bool stop = false; !stop;) {
    RF_TRY(ListenWhilePossible());
    RF_ASSIGN(const size_t count,
              sys::EpollWait(epoll_.get(), events, PauseLeft()));
    for (const epoll_event& event : std::span(events).first(count)) {
      const uint64_t tag = event.data.u64;
      if (tag == kAliveTag) {
        RF_ASSIGN(const bool ended, HasEnded());
        stop = stop || ended;
      } else if (tag == kSignalTag) {
        RF_ASSIGN(const auto signal, sys::NextSignal(signals_));
        stop = stop || signal.number == SIGTERM;
      } else if (tag >= kListenerTag) {
        RF_TRY(AcceptFrom(static_cast<size_t>(tag - kListenerTag)));
      } else {
        OnEnd(static_cast<size_t>(tag / 2), tag % 2, event.events);
      }
    }
    if (!ended_.empty()) resume_at_ = 0;
    free_.insert(free_.end(), ended_.begin(), ended_.end());
    ended_.clear();
  }
  SayLastWords();
  return {};
}

// Anything that is written to the other end means nothing.
Result<bool> Relay::HasEnded() {
  std::array<std::byte, 64> ignored;
  RF_ASSIGN(const size_t size, sys::Read(alive_, ignored));
  return size == 0;
}

int Relay::PauseLeft() const {
  if (resume_at_ == 0) return sys::kNoTimeout;
  const uint64_t now = sys::MonotonicMs();
  return now < resume_at_ ? static_cast<int>(resume_at_ - now) : 0;
}

Result<void> Relay::ListenWhilePossible() {
  if (resume_at_ != 0 && PauseLeft() == 0) resume_at_ = 0;
  const bool listen = !free_.empty() && resume_at_ == 0;
  if (listen == listening_) return {};
  for (size_t i = 0; i < routes_.size(); ++i) {
    RF_TRY(sys::EpollChange(epoll_.get(), routes_[i].listener,
                            listen ? uint32_t{EPOLLIN} : 0, kListenerTag + i));
  }
  listening_ = listen;
  return {};
}

Result<void> Relay::AcceptFrom(size_t route) {
  const Route& from = routes_[route];
  for (int i = 0; i < kAcceptsPerTurn && !free_.empty(); ++i) {
    // First the socket that the client will need: when descriptors run out,
    // clients wait in the queue, and none is accepted only to be reset.
    auto service = SocketFor(from.target, connect_retries_);
    if (!service) return PauseAfter(service.error());
    auto client = sys::Accept(from.listener);
    if (client) {
      Start(route, *std::move(client), *std::move(service));
      continue;
    }
    if (client.error().err == EAGAIN) return {};
    if (!IsClientsTrouble(client.error().err)) {
      return PauseAfter(client.error());
    }
  }
  return {};
}

Result<void> Relay::PauseAfter(const SysError& error) {
  if (!IsExhaustion(error.err)) return std::unexpected(error);
  resume_at_ = sys::MonotonicMs() + kExhaustedPauseMs;
  return {};
}

void Relay::Start(size_t route, UniqueFd client, UniqueFd service) {
  const uint32_t index = free_.back();
  free_.pop_back();
  Connection& connection = connections_[index];
  connection.stage = Stage::kConnecting;
  connection.route = static_cast<uint8_t>(route);
  connection.ends[kClient].fd = std::move(client);
  connection.ends[kService].fd = std::move(service);
  if (!Connect(connection) || !Watch(index)) Abort(index);
}

Result<void> Relay::Connect(const Connection& connection) {
  const int client = connection.ends[kClient].fd.get();
  // The service's own keep-alive only ever finds the relay alive.
  RF_TRY(sys::SetSocketOption(client, SOL_SOCKET, SO_KEEPALIVE, 1));
  RF_TRY(sys::SetSocketOption(client, IPPROTO_TCP, TCP_NODELAY, 1));
  const auto connected = sys::Connect(connection.ends[kService].fd.get(),
                                      routes_[connection.route].target);
  if (!connected && connected.error().err != EINPROGRESS) return connected;
  return {};
}

void Relay::OnEnd(size_t index, size_t which, uint32_t events) {
  Connection& connection = connections_[index];
  if (connection.stage == Stage::kFree) return;  // ended in this round
  const auto handled = connection.stage == Stage::kConnecting
                           ? OnConnecting(connection, which)
                           : OnOpen(connection, which, events);
  if (!handled) {
    Abort(index);
  } else if (connection.ends[kClient].outward == Flow::kEnded &&
             connection.ends[kService].outward == Flow::kEnded) {
    Close(index);
  } else if (!Watch(index)) {
    Abort(index);
  }
}

Result<void> Relay::OnConnecting(Connection& connection, size_t which) {
  // Nothing but a hang-up is waited for on the client's end.
  if (which == kClient) return std::unexpected(SysError{"accept4", ECONNRESET});
  const int client = connection.ends[kClient].fd.get();
  const int service = connection.ends[kService].fd.get();
  RF_ASSIGN(const int err, sys::GetSocketOption(service, SOL_SOCKET, SO_ERROR));
  if (err != 0) return std::unexpected(SysError{"connect", err});
  if (routes_[connection.route].proxy_protocol) {
    RF_ASSIGN(const auto from, sys::PeerAddress(client));
    RF_ASSIGN(const auto to, sys::LocalAddress(client));
    const ProxyLine line(from, to);
    const auto bytes = std::as_bytes(std::span(line.text()));
    RF_ASSIGN(const size_t sent, sys::SendSome(service, bytes));
    // A new socket has room for a hundred bytes.
    if (sent != bytes.size()) {
      return std::unexpected(SysError{"send", ENOBUFS});
    }
  }
  connection.stage = Stage::kOpen;
  return {};
}

Result<void> Relay::OnOpen(Connection& connection, size_t which,
                           uint32_t events) {
  const size_t other = 1 - which;
  if ((events & kHangUp) != 0) connection.ends[which].hung_up = true;
  // Out of this end first: what it sent before a reset still counts.
  if (connection.ends[which].outward == Flow::kReading &&
      (events & (EPOLLIN | kHangUp)) != 0) {
    RF_TRY(Push(connection, which, kChunksPerTurn));
  }
  if (connection.ends[other].outward == Flow::kBlocked &&
      (events & (EPOLLOUT | kHangUp)) != 0) {
    RF_TRY(Push(connection, other, kChunksPerTurn));
  }
  return {};
}

Result<void> Relay::Push(Connection& connection, size_t from, int chunks) {
  End& source = connection.ends[from];
  End& destination = connection.ends[1 - from];
  const auto flow =
      Move(source.fd.get(), destination.fd.get(), chunks, *scratch_);
  if (flow) {
    source.outward = *flow;
    return {};
  }
  // A service may answer with an error and close before it has read all, and
  // its reset then meets our send: the answer still has to arrive.
  if (destination.outward != Flow::kEnded) {
    (void)Move(destination.fd.get(), source.fd.get(), kChunksAtTheEnd,
               *scratch_);
  }
  return std::unexpected(flow.error());
}

Result<void> Relay::Watch(size_t index) {
  Connection& connection = connections_[index];
  for (size_t which : {kClient, kService}) {
    End& end = connection.ends[which];
    const End& other = connection.ends[1 - which];
    uint32_t events = 0;
    if (connection.stage == Stage::kConnecting) {
      if (which == kService) events = EPOLLOUT;
    } else {
      if (end.outward == Flow::kReading) events |= EPOLLIN;
      if (other.outward == Flow::kBlocked) events |= EPOLLOUT;
    }
    const int fd = end.fd.get();
    const uint64_t tag = 2 * index + which;
    if (events == 0 && end.hung_up) {
      if (end.watched) RF_TRY(sys::EpollRemove(epoll_.get(), fd));
      end.watched.reset();
    } else if (!end.watched) {
      RF_TRY(sys::EpollAdd(epoll_.get(), fd, events, tag));
      end.watched = events;
    } else if (*end.watched != events) {
      RF_TRY(sys::EpollChange(epoll_.get(), fd, events, tag));
      end.watched = events;
    }
  }
  return {};
}

void Relay::Close(size_t index) {
  connections_[index] = Connection{};
  ended_.push_back(static_cast<uint32_t>(index));
}

void Relay::Abort(size_t index) {
  for (End& end : connections_[index].ends) CloseWithReset(end.fd);
  Close(index);
}

void Relay::SayLastWords() {
  for (size_t index = 0; index < connections_.size(); ++index) {
    Connection& connection = connections_[index];
    if (connection.stage == Stage::kFree) continue;
    if (connection.stage == Stage::kOpen &&
        connection.ends[kService].outward != Flow::kEnded) {
      (void)Push(connection, kService, kChunksAtTheEnd);
    }
    if (connection.ends[kService].outward == Flow::kEnded) {
      Close(index);
    } else {
      Abort(index);
    }
  }
}

}  // namespace ringfence::relay
