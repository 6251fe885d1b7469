// Calls that reach deep into the kernel, or around a filter.
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/fanotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/quota.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "attack/technique.h"

namespace ringfence::attack {
namespace {

long P(const void* pointer) { return reinterpret_cast<long>(pointer); }

// For calls that only root may make: one that root is told to be wrong (EFAULT,
// EINVAL, ENOENT...) was let in.
Result Entered(long result) {
  if (result >= 0) return Through();
  return errno == EPERM || errno == ENOSYS || errno == EACCES ? Stopped()
                                                              : Through();
}

constexpr char kCapabilities[] = "seccomp, capabilities";

// A terminal of the technique's own as controlling terminal; -1: none.
int OwnTerminal() {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master < 0 || ::unlockpt(master) != 0) return -1;
  ::setsid();
  const int slave = ::open(::ptsname(master), O_RDWR | O_CLOEXEC);
  (void)::ioctl(slave, TIOCSCTTY, 0);
  return slave;
}

constexpr Technique kTechniques[] = {
    {"io-uring", "seccomp",
     [](const Target&) {
       io_uring_params parameters{};
       return Of(Raw(SYS_io_uring_setup, 4, P(&parameters)));
     }},
    {"userfaultfd", "seccomp",
     [](const Target&) {
       return Of(Raw(SYS_userfaultfd, O_CLOEXEC | 1 /* user mode only */));
     }},
    {"perf-event-open", "seccomp",
     [](const Target&) {
       perf_event_attr attributes{};
       attributes.type = PERF_TYPE_SOFTWARE;
       attributes.size = sizeof attributes;
       attributes.config = PERF_COUNT_SW_TASK_CLOCK;
       attributes.exclude_kernel = 1;
       attributes.exclude_hv = 1;
       return Of(Raw(SYS_perf_event_open, P(&attributes), 0, -1, -1, 0));
     }},
    {"bpf", "seccomp",
     [](const Target&) {
       bpf_attr attributes{};
       return Entered(
           Raw(SYS_bpf, BPF_MAP_CREATE, P(&attributes), sizeof attributes));
     }},
    {"add-key", "seccomp",
     [](const Target&) {
       return Of(Raw(SYS_add_key, P("user"), P("ringfence-attack"), P("x"), 1,
                     KEY_SPEC_PROCESS_KEYRING));
     }},
    {"keyctl-session", "seccomp",
     [](const Target&) {
       return Of(Raw(SYS_keyctl, KEYCTL_GET_KEYRING_ID,
                     KEY_SPEC_USER_SESSION_KEYRING, 1));
     }},
    {"request-key", "seccomp",
     [](const Target&) {
       const long key =
           Raw(SYS_request_key, P("user"), P("ringfence-none"), 0, 0);
       return key < 0 && errno == ENOKEY ? Through() : Of(key);
     }},
    {"seccomp-listener", "seccomp: one supervisor, and it is outside",
     [](const Target&) {
       sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
       const sock_fprog program{1, &allow};
       ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
       return Of(Raw(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                     SECCOMP_FILTER_FLAG_NEW_LISTENER, P(&program)));
     }},
    {"fanotify", "seccomp",
     [](const Target&) {
       return Of(::fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID, O_RDONLY));
     }},
    {"memfd-secret", "seccomp",
     [](const Target&) { return Of(Raw(SYS_memfd_secret, 0)); }},
    {"kernel-log", "seccomp",
     [](const Target&) { return Entered(Raw(SYS_syslog, 10, 0, 0)); }},
    {"init-module", kCapabilities,
     [](const Target&) { return Entered(Raw(SYS_init_module, 0, 0, 0)); }},
    {"finit-module", kCapabilities,
     [](const Target&) { return Entered(Raw(SYS_finit_module, -1, 0, 0)); }},
    {"delete-module", kCapabilities,
     [](const Target&) {
       return Entered(Raw(SYS_delete_module, P("ringfence-none"), O_NONBLOCK));
     }},
    {"kexec-load", kCapabilities,
     [](const Target&) { return Entered(Raw(SYS_kexec_load, 0, 0, 0, -1)); }},
    {"kexec-file-load", kCapabilities,
     [](const Target&) {
       return Entered(Raw(SYS_kexec_file_load, -1, -1, 0, 0, -1));
     }},
    {"reboot", kCapabilities,
     [](const Target&) { return Entered(Raw(SYS_reboot, 0, 0, 0, 0)); }},
    {"swapon", kCapabilities,
     [](const Target&) { return Entered(Raw(SYS_swapon, 0, 0)); }},
    {"swapoff", kCapabilities,
     [](const Target&) { return Entered(Raw(SYS_swapoff, 0)); }},
    {"acct", kCapabilities,
     [](const Target&) {
       return Entered(Raw(SYS_acct, P("/ringfence-none")));
     }},
    {"quotactl", kCapabilities,
     [](const Target&) {
       return Entered(Raw(SYS_quotactl, QCMD(Q_QUOTAON, USRQUOTA),
                          P("/ringfence-none"), 0, 0));
     }},
    {"settimeofday", kCapabilities,
     [](const Target&) {
       const timeval wrong{.tv_sec = 0, .tv_usec = -1};
       return Entered(Raw(SYS_settimeofday, P(&wrong), 0));
     }},
    {"clock-settime", kCapabilities,
     [](const Target&) {
       const timespec wrong{.tv_sec = 0, .tv_nsec = -1};
       // A clock that is set by nobody: EINVAL for all, but not denied.
       return Entered(Raw(SYS_clock_settime, CLOCK_MONOTONIC, P(&wrong)));
     }},
    {"adjtimex", kCapabilities,
     [](const Target&) {
       timex change{};
       change.modes = ADJ_TICK;
       change.tick = 1;
       return Entered(Raw(SYS_adjtimex, P(&change)));
     }},
    {"sethostname", kCapabilities,
     [](const Target&) { return Entered(Raw(SYS_sethostname, 0, 1)); }},
    {"setdomainname", kCapabilities,
     [](const Target&) { return Entered(Raw(SYS_setdomainname, 0, 1)); }},
    {"setuid-root", "single-id map, capabilities",
     [](const Target&) {
       return Raw(SYS_setresuid, 0, 0, 0) == 0 ? Through() : Stopped();
     }},
    {"setgroups", kCapabilities,
     [](const Target&) { return Of(Raw(SYS_setgroups, 0, 0)); }},
    {"vhangup", kCapabilities,
     [](const Target&) {
       ::setsid();
       return Of(Raw(SYS_vhangup));
     }},
    {"lookup-dcookie", "seccomp",
     [](const Target&) { return Entered(Raw(SYS_lookup_dcookie, 0, 0, 0)); }},
    {"tiocsti", "seccomp",
     [](const Target&) {
       // EIO where dev.tty.legacy_tiocsti is 0: the ioctl was reached.
       const int terminal = OwnTerminal();
       const long result = ::ioctl(terminal, TIOCSTI, "x");
       return result < 0 && errno == EIO ? Through() : Of(result);
     }},
    {"tiocsti-high-bit", "seccomp: int arguments by their low word",
     [](const Target&) {
       const int terminal = OwnTerminal();
       const long result =
           Raw(SYS_ioctl, terminal, TIOCSTI | (1L << 32), P("x"));
       return result < 0 && errno == EIO ? Through() : Of(result);
     }},
    {"tioclinux", "seccomp",
     [](const Target&) {
       // ENOTTY: this terminal is no console, but it was asked.
       const int terminal = OwnTerminal();
       char operation = 6;
       const long result = ::ioctl(terminal, TIOCLINUX, &operation);
       return result < 0 && errno == ENOTTY ? Through() : Of(result);
     }},
    {"line-discipline", "seccomp",
     [](const Target&) {
       const int terminal = OwnTerminal();
       const int unknown = 999;
       const long result = ::ioctl(terminal, TIOCSETD, &unknown);
       return result < 0 && (errno == EINVAL || errno == EIO) ? Through()
                                                              : Of(result);
     }},
};

}  // namespace

std::span<const Technique> Kernel() { return kTechniques; }

}  // namespace ringfence::attack
