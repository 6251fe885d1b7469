#include "sys/datagram.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

#include "sys/outcome.h"

namespace ringfence::sys {
namespace {

struct Address {
  sockaddr_un un{.sun_family = AF_UNIX, .sun_path = {}};
  socklen_t size = 0;
  [[nodiscard]] const sockaddr* data() const {
    return reinterpret_cast<const sockaddr*>(&un);
  }
};

// A path with its NUL, or a name of the abstract namespace, which begins with
// one and has none at the end.
Result<Address> AddressOf(std::string_view path) {
  Address address;
  if (path.empty() || path.size() >= sizeof address.un.sun_path) {
    return std::unexpected(SysError{"a socket's name", EINVAL});
  }
  std::memcpy(address.un.sun_path, path.data(), path.size());
  const bool abstract = path.front() == '@';
  if (abstract) address.un.sun_path[0] = '\0';
  address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) +
                                        path.size() + (abstract ? 0 : 1));
  return address;
}

Result<UniqueFd> DatagramSocket() {
  return Descriptor(
      "socket",
      ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

}  // namespace

Result<UniqueFd> BoundDatagramSocket(int dir, const char* name) noexcept {
  RF_ASSIGN(UniqueFd fd, DatagramSocket());
  RF_ASSIGN(const Address address, AddressOf(name));
  RF_TRY(Done("fchdir", ::fchdir(dir)));
  RF_TRY(Done("bind", ::bind(fd.get(), address.data(), address.size)));
  return fd;
}

Result<UniqueFd> ConnectedDatagramSocket(std::string_view path) noexcept {
  if (!path.starts_with('/') && !path.starts_with('@')) {
    return std::unexpected(SysError{"a socket's name", EINVAL});
  }
  RF_ASSIGN(const Address address, AddressOf(path));
  RF_ASSIGN(UniqueFd fd, DatagramSocket());
  RF_TRY(Done("connect", ::connect(fd.get(), address.data(), address.size)));
  return fd;
}

Result<size_t> ReceiveDatagram(int fd, std::span<std::byte> bytes) noexcept {
  return Count("recv", Retry([&] {
                 return ::recv(fd, bytes.data(), bytes.size(), MSG_TRUNC);
               }));
}

Result<void> SendDatagram(int fd, std::string_view text) noexcept {
  return Done("send", Retry([&] {
                return ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
              }));
}

}  // namespace ringfence::sys
