// Sockets: families, and what listens outside.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "attack/technique.h"

namespace ringfence::attack {
namespace {

constexpr char kSeccomp[] = "seccomp";
constexpr char kNetwork[] = "network namespace";
constexpr char kIpc[] = "IPC namespace, seccomp";

// ENOTSUP and the like: the kernel has no such family, but it was asked.
Result Socket(int family, int type, int protocol = 0) {
  const int fd = ::socket(family, type | SOCK_CLOEXEC, protocol);
  if (fd >= 0) return Through();
  return errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT ||
                 errno == ESOCKTNOSUPPORT
             ? Through()
             : Stopped();
}

template <int Family, int Type, int Protocol>
Result Make(const Target&) {
  return Socket(Family, Type, Protocol);
}

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

template <typename Address>
const sockaddr* As(const Address& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

Result ConnectUnix(const std::string& name, bool abstract) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return Stopped();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + (abstract ? 1 : 0), name.data(), name.size());
  const auto size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + 1);
  return Of(::connect(fd, As(address), size));
}

constexpr Technique kTechniques[] = {
    {"socket-alg", kSeccomp, Make<AF_ALG, SOCK_SEQPACKET, 0>},
    {"socket-vsock", kSeccomp, Make<AF_VSOCK, SOCK_STREAM, 0>},
    {"socket-packet", kSeccomp, Make<AF_PACKET, SOCK_RAW, 0>},
    {"socket-raw", "seccomp, capabilities",
     Make<AF_INET, SOCK_RAW, IPPROTO_ICMP>},
    {"socket-netlink-xfrm", kSeccomp, Make<AF_NETLINK, SOCK_RAW, NETLINK_XFRM>},
    {"socket-netlink-netfilter", kSeccomp,
     Make<AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER>},
    {"socket-netlink-audit", kSeccomp,
     Make<AF_NETLINK, SOCK_RAW, NETLINK_AUDIT>},
    {"socket-netlink-uevent", kSeccomp,
     Make<AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT>},
    {"socket-netlink-generic", kSeccomp,
     Make<AF_NETLINK, SOCK_RAW, NETLINK_GENERIC>},
    {"socket-key", kSeccomp, Make<AF_KEY, SOCK_RAW, 2>},
    {"socket-tipc", kSeccomp, Make<AF_TIPC, SOCK_STREAM, 0>},
    {"socket-xdp", kSeccomp, Make<44, SOCK_RAW, 0>},
    {"socket-rxrpc", kSeccomp, Make<AF_RXRPC, SOCK_DGRAM, AF_INET>},
    {"socket-bluetooth", kSeccomp, Make<AF_BLUETOOTH, SOCK_RAW, 1>},
    {"socket-can", kSeccomp, Make<AF_CAN, SOCK_RAW, 1>},
    {"socket-smc", kSeccomp, Make<AF_SMC, SOCK_STREAM, 0>},
    {"socket-qipcrtr", kSeccomp, Make<AF_QIPCRTR, SOCK_DGRAM, 0>},
    {"socket-phonet", kSeccomp, Make<AF_PHONET, SOCK_DGRAM, 0>},
    {"socket-x25", kSeccomp, Make<AF_X25, SOCK_SEQPACKET, 0>},
    {"socket-ax25", kSeccomp, Make<AF_AX25, SOCK_DGRAM, 0>},
    {"tcp-to-host", kNetwork,
     [](const Target& target) {
       const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
       if (fd < 0) return Stopped();
       const sockaddr_in address = Loopback(target.tcp);
       return Of(::connect(fd, As(address), sizeof address));
     }},
    {"tcp-fast-open-to-host", kNetwork,
     [](const Target& target) {
       const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
       if (fd < 0) return Stopped();
       const sockaddr_in address = Loopback(target.tcp);
       return Of(::sendto(fd, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL, As(address),
                          sizeof address));
     }},
    {"udp-to-host", kNetwork,
     [](const Target& target) {
       const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
       if (fd < 0) return Stopped();
       const sockaddr_in address = Loopback(target.udp);
       if (::sendto(fd, "x", 1, 0, As(address), sizeof address) < 0) {
         return Stopped();
       }
       pollfd answer{.fd = fd, .events = POLLIN, .revents = 0};
       return ::poll(&answer, 1, 500) == 1 ? Through() : Stopped("no answer");
     }},
    {"tcp-bind", kNetwork,
     [](const Target& target) {
       // The port of the target: taken outside, free in another namespace.
       const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
       if (fd < 0) return Stopped();
       const sockaddr_in address = Loopback(target.tcp);
       const int bound = ::bind(fd, As(address), sizeof address);
       return bound < 0 && errno == EADDRINUSE ? Through()
                                               : Stopped("not the host's port");
     }},
    {"unix-socket-by-path", "not in the view",
     [](const Target& target) { return ConnectUnix(target.socket, false); }},
    {"unix-socket-abstract", kNetwork,
     [](const Target& target) { return ConnectUnix(target.abstract, true); }},
    {"shared-memory", kIpc,
     [](const Target& target) {
       return Of(::shmget(target.memory, 4096, 0600));
     }},
    {"message-queue", kIpc,
     [](const Target& target) { return Of(::msgget(target.messages, 0600)); }},
    {"semaphores", kIpc,
     [](const Target& target) {
       return Of(::semget(target.semaphores, 1, 0600));
     }},
    {"posix-queue", kIpc,
     [](const Target& target) {
       return Of(::mq_open(target.queue.c_str(), O_RDONLY | O_NONBLOCK));
     }},
};

}  // namespace

std::span<const Technique> Sockets() { return kTechniques; }

}  // namespace ringfence::attack
