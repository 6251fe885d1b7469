// Other processes, namespaces, the network, identity.
#include <arpa/inet.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "probe.h"

namespace probe {
namespace {

template <long (*kAttempt)(std::span<const long>), size_t kLeast, size_t kMost>
std::optional<Attempt> PrepareValues(std::string_view argument) {
  const auto values = ParseValues(argument, kLeast, kMost);
  if (!values) return std::nullopt;
  return [v = *values] { return Outcome(kAttempt(v)); };
}

// A child that ends at once; whether it could be made.
long Reap(long pid) {
  if (pid == 0) ::_exit(0);
  if (pid > 0) ::waitpid(static_cast<pid_t>(pid), nullptr, 0);
  return pid;
}

long UsernsByUnshare() { return ::unshare(CLONE_NEWUSER); }

long UsernsByClone() {
  return Reap(::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
}

long UsernsByClone3() {
  clone_args arguments{};
  arguments.flags = CLONE_NEWUSER;
  arguments.exit_signal = SIGCHLD;
  return Reap(::syscall(SYS_clone3, &arguments, sizeof arguments));
}

std::optional<Attempt> PrepareUserns(std::string_view how) {
  if (how.empty()) return [] { return Outcome(UsernsByUnshare()); };
  if (how == "clone") return [] { return Outcome(UsernsByClone()); };
  if (how == "clone3") return [] { return Outcome(UsernsByClone3()); };
  return std::nullopt;
}

// A type that no kernel has: ENODEV where it may mount, EPERM where not
// (fs/namespace.c, path_mount asks may_mount before get_fs_type).
std::optional<Attempt> PrepareMount(std::string_view argument) {
  if (!argument.empty()) return std::nullopt;
  return
      [] { return Outcome(::mount("none", "/", "no-such-type", 0, nullptr)); };
}

// Attached, it is let go when this child ends.
long Ptrace(std::span<const long> values) {
  return ::ptrace(PTRACE_SEIZE, static_cast<pid_t>(values[0]), nullptr,
                  nullptr);
}

// Without a second value signal 0, which only asks.
long Kill(std::span<const long> values) {
  return ::kill(static_cast<pid_t>(values[0]),
                values.size() == 2 ? static_cast<int>(values[1]) : 0);
}

long PidfdGetfd(std::span<const long> values) {
  const long pidfd = ::syscall(SYS_pidfd_open, values[0], 0);
  if (pidfd < 0) return pidfd;
  return ::syscall(SYS_pidfd_getfd, pidfd, values[1], 0);
}

// On descriptor -1: EBADF where the call itself is allowed. The kernel reads
// 32 bits of the command, whatever is above them.
std::optional<Attempt> PrepareTiocsti(std::string_view how) {
  const unsigned long high = how == "high" ? 1ul << 32 : 0;
  if (!how.empty() && high == 0) return std::nullopt;
  return [high] {
    return Outcome(::syscall(SYS_ioctl, -1, TIOCSTI | high, nullptr));
  };
}

long SetUid(std::span<const long> values) {
  return ::setuid(static_cast<uid_t>(values[0]));
}

long SetGid(std::span<const long> values) {
  return ::setgid(static_cast<gid_t>(values[0]));
}

long SetGroups(std::span<const long> values) {
  const auto group = static_cast<gid_t>(values[0]);
  return ::syscall(SYS_setgroups, 1, &group);
}

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

// ADDRESS:PORT or [ADDRESS]:PORT.
std::optional<Address> ParseAddress(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = ParseValue(text.substr(colon + 1));
  if (!port || *port < 0 || *port > UINT16_MAX) return std::nullopt;
  std::string host(text.substr(0, colon));
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  Address address;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(static_cast<uint16_t>(*port));
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = v4.sin_port;
  if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    std::memcpy(&address.storage, &v4, sizeof v4);
    address.size = sizeof v4;
  } else if (::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    std::memcpy(&address.storage, &v6, sizeof v6);
    address.size = sizeof v6;
  } else {
    return std::nullopt;
  }
  return address;
}

// A path, or @NAME for an abstract one.
std::optional<Address> ParseUnixAddress(std::string_view text) {
  sockaddr_un address{};
  if (text.empty() || text.size() >= sizeof address.sun_path) {
    return std::nullopt;
  }
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, text.data(), text.size());
  if (text[0] == '@') address.sun_path[0] = '\0';
  Address result;
  std::memcpy(&result.storage, &address, sizeof address);
  result.size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + text.size());
  return result;
}

using SocketCall = int (*)(int, const sockaddr*, socklen_t);

template <std::optional<Address> (*kParse)(std::string_view), SocketCall kCall>
std::optional<Attempt> PrepareAddress(std::string_view argument) {
  const auto address = kParse(argument);
  if (!address) return std::nullopt;
  return [a = *address] {
    const int fd = ::socket(a.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return Outcome(fd);
    // SAFETY: every kind of socket address may be read through sockaddr.
    return Outcome(
        kCall(fd, reinterpret_cast<const sockaddr*>(&a.storage), a.size));
  };
}

constexpr Operation kOperations[] = {
    {"userns", PrepareUserns},
    {"mount", PrepareMount},
    {"ptrace", PrepareValues<Ptrace, 1, 1>},
    {"kill", PrepareValues<Kill, 1, 2>},
    {"pidfd_getfd", PrepareValues<PidfdGetfd, 2, 2>},
    {"tiocsti", PrepareTiocsti},
    {"setuid", PrepareValues<SetUid, 1, 1>},
    {"setgid", PrepareValues<SetGid, 1, 1>},
    {"setgroups", PrepareValues<SetGroups, 1, 1>},
    {"connect", PrepareAddress<ParseAddress, ::connect>},
    {"bind", PrepareAddress<ParseAddress, ::bind>},
    {"connect_unix", PrepareAddress<ParseUnixAddress, ::connect>},
};

}  // namespace

std::span<const Operation> IsolationOperations() { return kOperations; }

}  // namespace probe
