// Other processes: the target outside has the same user and lets everybody
// trace it.
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "attack/technique.h"

namespace ringfence::attack {
namespace {

long P(const void* pointer) { return reinterpret_cast<long>(pointer); }

constexpr char kPid[] = "PID namespace";

Result OpenOf(const Target& target, const char* file, int flags) {
  const std::string path = "/proc/" + std::to_string(target.pid) + file;
  return Of(::open(path.c_str(), flags | O_CLOEXEC));
}

constexpr Technique kTechniques[] = {
    {"kill", kPid,
     [](const Target& target) { return Of(::kill(target.pid, 0)); }},
    {"tgkill", kPid,
     [](const Target& target) {
       return Of(Raw(SYS_tgkill, target.pid, target.pid, 0));
     }},
    {"rt-sigqueueinfo", kPid,
     [](const Target& target) {
       siginfo_t info{};
       info.si_code = SI_QUEUE;
       return Of(Raw(SYS_rt_sigqueueinfo, target.pid, 0, P(&info)));
     }},
    {"pidfd-open", kPid,
     [](const Target& target) {
       return Of(Raw(SYS_pidfd_open, target.pid, 0));
     }},
    {"pidfd-send-signal", kPid,
     [](const Target& target) {
       const long pidfd = Raw(SYS_pidfd_open, target.pid, 0);
       if (pidfd < 0) return Stopped();
       return Of(Raw(SYS_pidfd_send_signal, pidfd, 0, 0, 0));
     }},
    {"pidfd-getfd", "seccomp",
     [](const Target& target) {
       const long pidfd = Raw(SYS_pidfd_open, target.pid, 0);
       const long fd = Raw(SYS_pidfd_getfd, pidfd, 0, 0);
       return Of(fd);
     }},
    {"pidfd-getfd-of-init", "seccomp, init is not dumpable",
     [](const Target& target) {
       const long pidfd =
           Raw(SYS_pidfd_open, ::getppid() <= 2 ? 1 : target.pid, 0);
       return Of(Raw(SYS_pidfd_getfd, pidfd, 0, 0));
     }},
    {"ptrace-seize", "seccomp",
     [](const Target& target) {
       return Of(::ptrace(PTRACE_SEIZE, target.pid, nullptr, nullptr));
     }},
    {"ptrace-own-child", "seccomp",
     [](const Target&) {
       const pid_t child = ::fork();
       if (child == 0) {
         ::pause();
         ::_exit(0);
       }
       if (child < 0) return Stopped();
       const Result result =
           Of(::ptrace(PTRACE_SEIZE, child, nullptr, nullptr));
       ::kill(child, SIGKILL);
       return result;
     }},
    {"ptrace-traceme", "seccomp",
     [](const Target&) {
       return Of(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr));
     }},
    {"process-vm-readv", "seccomp",
     [](const Target& target) {
       char byte = 0;
       iovec here{&byte, 1};
       iovec there{const_cast<char*>(target.secret.c_str()), 1};
       const ssize_t size =
           ::process_vm_readv(target.pid, &here, 1, &there, 1, 0);
       // EFAULT: it looked, and there was nothing.
       return size < 0 && errno == EFAULT ? Through() : Of(size);
     }},
    {"process-vm-writev", "seccomp",
     [](const Target& target) {
       char byte = 0;
       iovec here{&byte, 1};
       iovec there{nullptr, 1};
       const ssize_t size =
           ::process_vm_writev(target.pid, &here, 1, &there, 1, 0);
       return size < 0 && errno == EFAULT ? Through() : Of(size);
     }},
    {"process-madvise", "seccomp",
     [](const Target& target) {
       const long pidfd = Raw(SYS_pidfd_open, target.pid, 0);
       iovec none{nullptr, 0};
       return Of(Raw(SYS_process_madvise, pidfd, P(&none), 0, MADV_COLD, 0));
     }},
    {"process-mrelease", "seccomp",
     [](const Target& target) {
       const long pidfd = Raw(SYS_pidfd_open, target.pid, 0);
       // EINVAL: it is not dying, but it was found.
       const long result = Raw(SYS_process_mrelease, pidfd, 0);
       return result < 0 && errno == EINVAL ? Through() : Of(result);
     }},
    {"kcmp", "seccomp",
     [](const Target& target) {
       return Of(Raw(SYS_kcmp, ::getpid(), target.pid, KCMP_FILES, 0, 0));
     }},
    {"memory-of-target", kPid,
     [](const Target& target) { return OpenOf(target, "/mem", O_RDWR); }},
    {"environment-of-target", kPid,
     [](const Target& target) { return OpenOf(target, "/environ", O_RDONLY); }},
    {"command-line-of-target", kPid,
     [](const Target& target) { return OpenOf(target, "/cmdline", O_RDONLY); }},
    {"maps-of-target", kPid,
     [](const Target& target) { return OpenOf(target, "/maps", O_RDONLY); }},
    {"prlimit", kPid,
     [](const Target& target) {
       rlimit64 limit{};
       return Of(Raw(SYS_prlimit64, target.pid, RLIMIT_NOFILE, 0, P(&limit)));
     }},
    {"sched-setaffinity", kPid,
     [](const Target& target) {
       cpu_set_t set;
       CPU_ZERO(&set);
       if (::sched_getaffinity(target.pid, sizeof set, &set) != 0) {
         return Stopped();
       }
       return Of(::sched_setaffinity(target.pid, sizeof set, &set));
     }},
    {"sched-setscheduler", kPid,
     [](const Target& target) {
       const sched_param normal{};
       return Of(::sched_setscheduler(target.pid, SCHED_OTHER, &normal));
     }},
    {"setpriority", kPid,
     [](const Target& target) {
       return Of(::setpriority(PRIO_PROCESS, static_cast<id_t>(target.pid), 0));
     }},
    {"ioprio-set", kPid,
     [](const Target& target) {
       // IOPRIO_WHO_PROCESS; class best-effort, priority 4 (ioprio_set(2)).
       return Of(Raw(SYS_ioprio_set, 1, target.pid, 2 << 13 | 4));
     }},
    {"move-pages", kPid,
     [](const Target& target) {
       return Of(Raw(SYS_move_pages, target.pid, 0, 0, 0, 0, 0));
     }},
    {"migrate-pages", kPid,
     [](const Target& target) {
       const unsigned long node = 1;
       return Of(Raw(SYS_migrate_pages, target.pid, 64, P(&node), P(&node)));
     }},
    {"get-robust-list", kPid,
     [](const Target& target) {
       void* head = nullptr;
       size_t size = 0;
       return Of(Raw(SYS_get_robust_list, target.pid, P(&head), P(&size)));
     }},
    {"session-of-target", kPid,
     [](const Target& target) { return Of(::getsid(target.pid)); }},
    {"group-of-target", kPid,
     [](const Target& target) { return Of(::getpgid(target.pid)); }},
};

}  // namespace

std::span<const Technique> Processes() { return kTechniques; }

}  // namespace ringfence::attack
