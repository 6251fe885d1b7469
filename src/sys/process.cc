#include "sys/process.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/prctl.h>
#include <linux/securebits.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

#include "sys/outcome.h"

namespace ringfence::sys {
namespace {

static_assert(kNewUser == CLONE_NEWUSER && kNewMount == CLONE_NEWNS &&
              kNewPid == CLONE_NEWPID && kNewNetwork == CLONE_NEWNET &&
              kNewIpc == CLONE_NEWIPC && kNewUts == CLONE_NEWUTS &&
              kNewCgroup == CLONE_NEWCGROUP);

// struct clone_args up to CLONE_ARGS_SIZE_VER2 (linux/sched.h); that header
// and <sched.h> cannot both be included.
struct CloneArguments {
  uint64_t flags = 0;
  uint64_t pidfd = 0;
  uint64_t child_tid = 0;
  uint64_t parent_tid = 0;
  uint64_t exit_signal = 0;
  uint64_t stack = 0;
  uint64_t stack_size = 0;
  uint64_t tls = 0;
  uint64_t set_tid = 0;
  uint64_t set_tid_size = 0;
  uint64_t cgroup = 0;
};
constexpr uint64_t kIntoCgroup = 0x200000000;  // CLONE_INTO_CGROUP

std::unexpected<SysError> NoEffect(const char* sentence) {
  return std::unexpected(SysError{sentence, 0});
}

}  // namespace

Result<Child> Fork(uint64_t namespaces, int cgroup) noexcept {
  int pidfd = -1;
  CloneArguments arguments{
      .flags = namespaces | CLONE_PIDFD,
      // SAFETY: the kernel writes one int there before it returns.
      .pidfd = reinterpret_cast<uint64_t>(&pidfd),
      .exit_signal = SIGCHLD,
  };
  if (cgroup >= 0) {
    arguments.flags |= kIntoCgroup;
    arguments.cgroup = static_cast<uint64_t>(cgroup);
  }
  const long pid = ::syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid < 0) return Failed("clone3");
  if (pid == 0) return Child{};
  return Child{static_cast<pid_t>(pid), UniqueFd(pidfd)};
}

Result<pid_t> SpawnShared(int (*body)(void*), void* stack_top,
                          void* argument) noexcept {
  const int pid =
      ::clone(body, stack_top, CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD,
              argument);
  if (pid < 0) return Failed("clone");
  return pid;
}

Result<void> JoinUserAndNetwork(int pidfd) noexcept {
  return Done("setns", ::setns(pidfd, CLONE_NEWUSER | CLONE_NEWNET));
}

SysError ExecFd(int fd, char* const argv[], char* const envp[]) noexcept {
  ::syscall(SYS_execveat, fd, "", argv, envp, AT_EMPTY_PATH);
  return {"execveat", errno};
}

SysError Exec(const char* path, char* const argv[],
              char* const envp[]) noexcept {
  ::execve(path, argv, envp);
  return {"execve", errno};
}

Result<void> SetNoNewPrivileges() noexcept {
  return Done("prctl(PR_SET_NO_NEW_PRIVS)",
              ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

Result<void> SetUndumpable() noexcept {
  return Done("prctl(PR_SET_DUMPABLE)", ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
}

Result<void> SetDumpable() noexcept {
  return Done("prctl(PR_SET_DUMPABLE)", ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

Result<bool> IsDumpable() noexcept {
  const int dumpable = ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
  if (dumpable < 0) return Failed("prctl(PR_GET_DUMPABLE)");
  return dumpable != 0;
}

Result<void> SetParentDeathSignal(int signal) noexcept {
  RF_TRY(Done("prctl(PR_SET_PDEATHSIG)",
              ::prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0)));
  int set = 0;
  RF_TRY(Done("prctl(PR_GET_PDEATHSIG)",
              ::prctl(PR_GET_PDEATHSIG, &set, 0, 0, 0)));
  if (set != signal) return NoEffect("prctl(PR_SET_PDEATHSIG) had no effect");
  return {};
}

Result<void> ChangeDirectory(const char* path) noexcept {
  return Done("chdir", ::chdir(path));
}

Result<void> NewSession() noexcept {
  RF_TRY(Done("setsid", ::setsid()));
  if (::getsid(0) != ::getpid()) return NoEffect("setsid had no effect");
  return {};
}

Result<void> NewKeyring() noexcept {
  const long keyring =
      ::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr);
  if (keyring < 0 && errno == ENOSYS) return {};
  RF_TRY(Done("keyctl", keyring));
  const long joined =
      ::syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
  if (joined != keyring) return NoEffect("keyctl had no effect");
  return {};
}

Result<void> SetHostname(const char* name, size_t size) noexcept {
  RF_TRY(Done("sethostname", ::sethostname(name, size)));
  utsname names{};
  RF_TRY(Done("uname", ::uname(&names)));
  if (std::string_view(names.nodename) != std::string_view(name, size)) {
    return NoEffect("sethostname had no effect");
  }
  return {};
}

Result<void> DropCapabilities(uint64_t keep) noexcept {
  RF_TRY(Done("prctl(PR_CAP_AMBIENT)",
              ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)));
  // The kernel answers EINVAL for the first capability it does not know.
  for (unsigned long cap = 0;; ++cap) {
    if (cap < 64 && (keep >> cap & 1) != 0) continue;
    if (::prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0) {
      if (errno == EINVAL && cap > CAP_CHECKPOINT_RESTORE) break;
      return Failed("prctl(PR_CAPBSET_DROP)");
    }
  }
  // What is kept is handed through exec as ambient, so ambient raising can be
  // locked only where nothing is kept.
  const unsigned long bits =
      SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
      SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
      (keep == 0
           ? SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED
           : 0);
  RF_TRY(Done("prctl(PR_SET_SECUREBITS)",
              ::prctl(PR_SET_SECUREBITS, bits, 0, 0, 0)));
  // No file of procfs tells them.
  if (static_cast<unsigned long>(::prctl(PR_GET_SECUREBITS, 0, 0, 0, 0)) !=
      bits) {
    return NoEffect("prctl(PR_SET_SECUREBITS) had no effect");
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  for (unsigned half = 0; half < 2; ++half) {
    const auto word = static_cast<uint32_t>(keep >> (32 * half));
    data[half] = {word, word, word};
  }
  RF_TRY(Done("capset", ::syscall(SYS_capset, &header, data)));
  for (unsigned long cap = 0; cap < 64; ++cap) {
    if ((keep >> cap & 1) == 0) continue;
    RF_TRY(Done("prctl(PR_CAP_AMBIENT)",
                ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0)));
  }
  return {};
}

Result<bool> HoldsCapabilities() noexcept {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  RF_TRY(Done("capget", ::syscall(SYS_capget, &header, data)));
  uint32_t held = 0;
  for (const auto& half : data) {
    held |= half.effective | half.permitted | half.inheritable;
  }
  return held != 0;
}

Result<void> SetLimit(uint32_t resource, uint64_t value) noexcept {
  const rlimit64 limit{value, value};
  return Done("prlimit64",
              ::syscall(SYS_prlimit64, 0, resource, &limit, nullptr));
}

Result<LimitPair> GetLimit(uint32_t resource) noexcept {
  rlimit64 limit{};
  RF_TRY(Done("prlimit64",
              ::syscall(SYS_prlimit64, 0, resource, nullptr, &limit)));
  return LimitPair{limit.rlim_cur, limit.rlim_max};
}

Result<void> CloseRange(unsigned first, unsigned last) noexcept {
  return Done("close_range", ::syscall(SYS_close_range, first, last, 0));
}

Result<void> LoopbackUp() noexcept {
  UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return Failed("socket");
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", 3);
  request.ifr_flags = IFF_UP;
  return Done("ioctl(SIOCSIFFLAGS)",
              ::ioctl(socket.get(), SIOCSIFFLAGS, &request));
}

}  // namespace ringfence::sys
