#include "sys/signal.h"

#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "sys/outcome.h"

namespace ringfence::sys {

Result<void> BlockSignals() noexcept {
  sigset_t all;
  ::sigfillset(&all);
  return Done("sigprocmask", ::sigprocmask(SIG_SETMASK, &all, nullptr));
}

Result<void> UnblockSignals() noexcept {
  sigset_t none;
  ::sigemptyset(&none);
  return Done("sigprocmask", ::sigprocmask(SIG_SETMASK, &none, nullptr));
}

void DefaultSignals(uint64_t ignored) noexcept {
  struct sigaction action{};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) {
    if ((ignored >> (signal - 1) & 1) == 0) continue;
    ::sigaction(signal, &action, nullptr);
  }
}

Result<UniqueFd> SignalQueue() noexcept {
  sigset_t all;
  ::sigfillset(&all);
  return Descriptor("signalfd",
                    ::signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK));
}

Result<QueuedSignal> NextSignal(int queue) noexcept {
  signalfd_siginfo info{};
  const ssize_t size = ::read(queue, &info, sizeof info);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return QueuedSignal{};
  if (size < 0) return Failed("read(signalfd)");
  return QueuedSignal{static_cast<int>(info.ssi_signo),
                      static_cast<pid_t>(info.ssi_pid)};
}

Result<void> Kill(pid_t pid, int signal) noexcept {
  if (::kill(pid, signal) < 0 && errno != ESRCH) return Failed("kill");
  return {};
}

Result<Reaped> Reap(int options) noexcept {
  int status = 0;
  pid_t pid = 0;
  do {
    pid = ::waitpid(-1, &status, options);
  } while (pid < 0 && errno == EINTR);
  if (pid < 0 && errno == ECHILD) return Reaped{-1, 0};
  if (pid < 0) return Failed("waitpid");
  return Reaped{pid, status};
}

}  // namespace ringfence::sys
