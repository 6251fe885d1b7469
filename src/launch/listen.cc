#include "launch/listen.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>

#include "launch/text.h"
#include "sys/socket.h"

namespace ringfence::launch {
namespace {

// Blocking, unlike sys::StreamSocket: a socket that is handed over has to be
// what its new owner expects of an inherited one.
Result<UniqueFd> ListenOn(const sys::SocketAddress& address) {
  UniqueFd socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return std::unexpected(SysError{"socket", errno});
  // A service that restarts must get its port back while old connections of
  // it linger; and [::] must not take the IPv4 port as well.
  RF_TRY(sys::SetSocketOption(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1));
  if (address.family() == AF_INET6) {
    RF_TRY(sys::SetSocketOption(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1));
  }
  RF_TRY(sys::Bind(socket.get(), address));
  RF_TRY(sys::Listen(socket.get(), SOMAXCONN));
  return socket;
}

std::string Text(const model::Address& address) {
  const std::string port = std::to_string(address.port);
  return address.ipv6 ? "[" + address.host + "]:" + port
                      : address.host + ":" + port;
}

// "FILE:LINE: ", where the line is known.
std::string PlaceOf(const model::Source& source) {
  if (source.line == 0) return "";
  return Printable(source.file) + ":" + std::to_string(source.line) + ": ";
}

}  // namespace

std::expected<std::vector<UniqueFd>, Refusal> BindListeners(
    const std::vector<model::Listen>& listen) {
  std::vector<UniqueFd> sockets;
  for (const model::Listen& entry : listen) {
    const auto address =
        sys::SocketAddress::Numeric(entry.bind.host.c_str(), entry.bind.port);
    if (!address) {
      return std::unexpected(Refusal{
          ExitCode::kInput, entry.bind.host + " is not a numeric address", ""});
    }
    auto socket = ListenOn(*address);
    if (!socket) {
      const bool taken = socket.error().err == EADDRINUSE;
      return std::unexpected(Refusal{
          ExitCode::kMissing,
          PlaceOf(entry.source) + "cannot listen on " + Text(entry.bind) +
              ": " + Describe(socket.error()),
          taken ? "another program listens there: `ss -ltnp` names it"
                : "listen on an address of this host, and on a port that "
                  "ordinary users may bind"});
    }
    sockets.push_back(*std::move(socket));
  }
  return sockets;
}

}  // namespace ringfence::launch
