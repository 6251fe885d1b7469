// denier: makes denied calls in the ways that are hardest on a supervisor.
//
//   denier flood SECONDS   one after the other, as fast as it can
//   denier vary COUNT      each with another argument
//   denier die COUNT       processes that are killed in the middle of one
//   denier fork COUNT      processes that fork between two
//   denier exec COUNT      executes itself after each
//   denier close COUNT     without any descriptor
//   denier name HEX        as a program, and with a file, of that name
//
// The call is unshare(0), which does nothing where it is not denied. Every mode
// but `name` and `close` prints how many it made. Exit code 1: one of them was
// not denied; 2: bad usage.

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>

namespace {

bool Denied(unsigned long flags = 0) {
  return ::syscall(SYS_unshare, flags) == -1 && errno == EPERM;
}

double Now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) / 1e9;
}

int Report(long count) {
  std::printf("%ld\n", count);
  return 0;
}

int Flood(long seconds) {
  const double end = Now() + static_cast<double>(seconds);
  long count = 0;
  for (; count % 64 != 0 || Now() < end; ++count) {
    if (!Denied()) return 1;
  }
  return Report(count);
}

int Vary(long count) {
  for (long i = 0; i < count; ++i) {
    if (!Denied(static_cast<unsigned long>(i))) return 1;
  }
  return Report(count);
}

int Die(long count) {
  for (long i = 0; i < count; ++i) {
    const pid_t child = ::fork();
    if (child < 0) return 3;
    if (child == 0) {
      while (true) (void)Denied();
    }
    ::usleep(static_cast<useconds_t>(i % 7) * 100);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  return Denied() ? Report(count) : 1;
}

int Fork(long count) {
  for (long i = 0; i < count; ++i) {
    const pid_t child = ::fork();
    if (child < 0) return 3;
    if (child == 0) {
      const bool denied = Denied();
      const pid_t grandchild = ::fork();
      const bool again = Denied();
      if (grandchild > 0) ::waitpid(grandchild, nullptr, 0);
      ::_exit(denied && again ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (status != 0) return 1;
  }
  return Report(3 * count);
}

int Exec(const char* self, long count, long made) {
  if (!Denied()) return 1;
  ++made;
  if (made == count) return Report(count);
  const std::string total = std::to_string(count);
  const std::string so_far = std::to_string(made);
  ::execl(self, self, "exec", total.c_str(), so_far.c_str(), nullptr);
  return 3;
}

int Close(long count) {
  if (::syscall(SYS_close_range, 0U, ~0U, 0U) != 0) return 3;
  for (long i = 0; i < count; ++i) {
    if (!Denied()) return 1;
  }
  return 0;
}

int Name(std::string_view hex) {
  std::string text;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    const std::string byte(hex.substr(i, 2));
    text += static_cast<char>(std::strtol(byte.c_str(), nullptr, 16));
  }
  ::prctl(PR_SET_NAME, text.c_str());
  const std::string file = std::string("/tmp/") + text;
  const int fd = ::open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) return 3;
  return ::syscall(SYS_setns, fd, 0) == -1 && errno == EPERM ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::string_view mode = argv[1];
  const long count = std::strtol(argv[2], nullptr, 10);
  if (mode == "flood") return Flood(count);
  if (mode == "vary") return Vary(count);
  if (mode == "die") return Die(count);
  if (mode == "fork") return Fork(count);
  if (mode == "exec") {
    return Exec(argv[0], count,
                argc > 3 ? std::strtol(argv[3], nullptr, 10) : 0);
  }
  if (mode == "close") return Close(count);
  if (mode == "name") return Name(argv[2]);
  return 2;
}
