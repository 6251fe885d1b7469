#include "attack/technique.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace ringfence::attack {
namespace {

constexpr int kTimeoutMs = 5000;

std::string NameOf(int error) {
  const char* const name = ::strerrorname_np(error);
  return name != nullptr ? name : "E" + std::to_string(error);
}

std::string SignalName(int signal) {
  const char* const name = ::sigabbrev_np(signal);
  return "SIG" + (name != nullptr ? name : std::to_string(signal));
}

}  // namespace

std::span<const Surface> Surfaces() {
  static const std::array kSurfaces = {
      Surface{"abi", Abi()},
      Surface{"namespaces", Namespaces()},
      Surface{"mounts", Mounts()},
      Surface{"files", Files()},
      Surface{"processes", Processes()},
      Surface{"kernel", Kernel()},
      Surface{"sockets", Sockets()},
      Surface{"resources", Resources()},
  };
  return kSurfaces;
}

Result Stopped() { return {false, NameOf(errno)}; }
Result Stopped(std::string_view answer) { return {false, std::string(answer)}; }
Result Through() { return {true, "through"}; }
Result Of(long value) { return value < 0 ? Stopped() : Through(); }

long Raw(long number, long a, long b, long c, long d, long e, long f) {
  return ::syscall(number, a, b, c, d, e, f);
}

void EnterOwn(int more) {
  const uid_t uid = ::geteuid();
  if (::unshare(CLONE_NEWUSER | more) != 0) {
    // What root would do next it would do to the host.
    if (uid == 0) ::_exit(1);
    return;
  }
  const int map = ::open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
  const std::string line = "0 " + std::to_string(uid) + " 1\n";
  // Without it there are capabilities all the same, but no user 0.
  if (map >= 0) (void)!::write(map, line.data(), line.size());
  ::close(map);
}

Result InChild(const Technique& technique, const Target& target) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Stopped();
  const pid_t pid = ::fork();
  if (pid < 0) return Stopped();
  if (pid == 0) {
    // Of a child that dies of what it tries nothing is kept.
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::setpgid(0, 0);
    const Result result = technique.attempt(target);
    const std::string line = (result.through ? "+" : "-") + result.answer;
    (void)!::write(ends[1], line.data(), line.size());
    ::_exit(0);
  }
  ::close(ends[1]);
  std::array<char, 256> line{};
  pollfd wait{.fd = ends[0], .events = POLLIN, .revents = 0};
  const int ready = ::poll(&wait, 1, kTimeoutMs);
  const ssize_t size =
      ready == 1 ? ::read(ends[0], line.data(), line.size()) : 0;
  ::close(ends[0]);
  // With what it left behind.
  ::kill(-pid, SIGKILL);
  ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (ready == 0) return Stopped("no answer");
  if (size > 0) {
    return {line[0] == '+',
            std::string(line.data() + 1, static_cast<size_t>(size) - 1)};
  }
  return Stopped(WIFSIGNALED(status) ? SignalName(WTERMSIG(status))
                                     : "it ended without a word");
}

}  // namespace ringfence::attack
