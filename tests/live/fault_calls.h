// What the sweep (fault_sweep_test.cc) knows of the system calls of a launch:
// how each can fail, and what comes of one that had no effect.
#pragma once

#include <sys/syscall.h>

#include <cerrno>
#include <set>
#include <vector>

#include "live/fault.h"

namespace ringfence::live {

// Errors that a call may well answer with; the first is that of the sample.
inline const std::vector<int>& ErrorsOf(long call) {
  static const std::vector<int> kMemory = {ENOMEM};
  static const std::vector<int> kBreak = {0};  // it answers with an address
  static const std::vector<int> kOpening = {EMFILE, ENFILE, ENOMEM, EACCES,
                                            EPERM,  EIO,    EINTR};
  static const std::vector<int> kMoving = {EIO, EINTR, EAGAIN, ENOMEM};
  static const std::vector<int> kWriting = {ENOSPC, EIO, EINTR, EAGAIN, EPERM};
  static const std::vector<int> kBirth = {EAGAIN, ENOMEM, EPERM, ENOSPC,
                                          EUSERS};
  static const std::vector<int> kOther = {EPERM, ENOMEM, EINVAL, ENOSYS, EINTR};
  switch (call) {
    case SYS_brk:
      return kBreak;
    case SYS_mmap:
    case SYS_munmap:
    case SYS_mprotect:
    case SYS_mremap:
    case SYS_madvise:
      return kMemory;
    case SYS_open:
    case SYS_openat:
    case SYS_openat2:
    case SYS_open_tree:
    case SYS_fsopen:
    case SYS_fsmount:
    case SYS_socket:
    case SYS_socketpair:
    case SYS_pipe2:
    case SYS_signalfd4:
    case SYS_pidfd_open:
    case SYS_epoll_create1:
    case SYS_eventfd2:
      return kOpening;
    case SYS_read:
    case SYS_pread64:
    case SYS_recvmsg:
    case SYS_poll:
    case SYS_wait4:
      return kMoving;
    case SYS_write:
    case SYS_writev:
    case SYS_pwrite64:
    case SYS_sendmsg:
      return kWriting;
    case SYS_clone:
    case SYS_clone3:
    case SYS_fork:
    case SYS_vfork:
      return kBirth;
    default:
      return kOther;
  }
}

// Calls whose caller uses what they answer, a descriptor, a size or a process:
// a success without any effect means nothing for them. A call in neither of
// these two lists is a failure of the test.
inline const std::set<long> kAnswers = {
    SYS_read,
    SYS_pread64,
    SYS_openat,
    SYS_openat2,
    SYS_open_tree,
    SYS_fsopen,
    SYS_fsmount,
    SYS_socket,
    SYS_socketpair,
    SYS_pipe2,
    SYS_signalfd4,
    SYS_pidfd_open,
    SYS_clone,
    SYS_clone3,
    SYS_vfork,
    SYS_fork,
    SYS_brk,
    SYS_mmap,
    SYS_mremap,
    SYS_newfstatat,
    SYS_fstatfs,
    SYS_statfs,
    SYS_fstat,
    SYS_uname,
    SYS_readlink,
    SYS_readlinkat,
    SYS_getpid,
    SYS_gettid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_getsid,
    SYS_getgroups,
    SYS_getrandom,
    SYS_poll,
    SYS_recvmsg,
    SYS_recvfrom,
    SYS_wait4,
    SYS_waitid,
    SYS_landlock_create_ruleset,
    SYS_umask,
    SYS_clock_gettime,
    SYS_sendmsg,  // how much of it was sent
    SYS_lseek,
    SYS_getdents64,
    SYS_execve,
    SYS_exit_group,
    SYS_exit,
    SYS_getresuid,
    SYS_getresgid,
    SYS_getsockname,
    SYS_getsockopt,
    SYS_pidfd_getfd,
    SYS_capget,
    SYS_epoll_create1,
    SYS_eventfd2,
    SYS_epoll_wait,
    SYS_epoll_pwait,
    SYS_accept4,
    SYS_access,
    SYS_restart_syscall,
    SYS_rt_sigreturn,
    SYS_arch_prctl,  // the C library's own start
    SYS_set_tid_address,
    SYS_set_robust_list,
    SYS_rseq,
    SYS_sched_getaffinity,
    SYS_sendto,
    SYS_statx,
    SYS_faccessat,
    SYS_faccessat2,
    SYS_lstat,
    SYS_stat,
    SYS_getppid,
    SYS_getpgrp,
    SYS_getpgid,
    SYS_sysinfo,
    SYS_getrusage,
    SYS_open};
inline const std::set<long> kEffects = {SYS_close,
                                        SYS_dup2,
                                        SYS_dup3,
                                        SYS_close_range,
                                        SYS_fcntl,
                                        SYS_ioctl,
                                        SYS_prctl,
                                        SYS_prlimit64,
                                        SYS_setsid,
                                        SYS_keyctl,
                                        SYS_sethostname,
                                        SYS_mount_setattr,
                                        SYS_move_mount,
                                        SYS_fsconfig,
                                        SYS_mkdirat,
                                        SYS_symlinkat,
                                        SYS_unlinkat,
                                        SYS_renameat,
                                        SYS_renameat2,
                                        SYS_ftruncate,
                                        SYS_fchmod,
                                        SYS_flock,
                                        SYS_pivot_root,
                                        SYS_umount2,
                                        SYS_chdir,
                                        SYS_fchdir,
                                        SYS_capset,
                                        SYS_rt_sigprocmask,
                                        SYS_rt_sigaction,
                                        SYS_landlock_add_rule,
                                        SYS_landlock_restrict_self,
                                        SYS_seccomp,
                                        SYS_setns,
                                        SYS_bind,
                                        SYS_listen,
                                        SYS_setsockopt,
                                        SYS_connect,
                                        SYS_kill,
                                        SYS_pidfd_send_signal,
                                        SYS_mprotect,
                                        SYS_munmap,
                                        SYS_madvise,
                                        SYS_write,
                                        SYS_writev,
                                        SYS_pwrite64,
                                        SYS_epoll_ctl,
                                        SYS_fallocate,
                                        SYS_linkat,
                                        SYS_fsync,
                                        SYS_fdatasync,
                                        SYS_setitimer,
                                        SYS_sync_file_range,
                                        SYS_truncate,
                                        SYS_fchown,
                                        SYS_utimensat,
                                        SYS_fadvise64,
                                        SYS_alarm,
                                        SYS_sched_yield,
                                        SYS_futex};

inline Effect NoEffectOf(long call) {
  if (call == SYS_write || call == SYS_pwrite64) return ReturnsArgument{2};
  if (call == SYS_dup2) return ReturnsArgument{1};
  return Returns{0};
}

// What differs inside after a call that had no effect and was not found out,
// and why that takes no protection away. "exit": the program's own exit code.
// NoEffect.ThatIsNotReadBack... holds the same of the plain launch.
struct Borne {
  const char* role;
  long call;
  const char* fact;  // its beginning
  const char* why;
};
inline constexpr Borne kBorne[] = {
    {kWorkload, SYS_umask, "id.umask", "umask(2) cannot fail"},
    {kWorkload, SYS_landlock_add_rule, "exit", "the workload may do less"},
    {kSupervisor, SYS_prlimit64, "exit",
     "a question that is answered with 0: the workload may do less"},
    {kSupervisor, SYS_prlimit64, "id.limit.", "likewise"},
    {kSupervisor, SYS_getpgrp, "id.env.TERM", "likewise"},
    {kSupervisor, SYS_getpgrp, "id.fd.", "likewise: its streams are piped"},
    {kSupervisor, SYS_ioctl, "id.fd.",
     "likewise: what is no terminal is piped as if it were one"},
    {kInit, SYS_ioctl, "connect:", "without loopback it reaches less"},
    {kInit, SYS_fcntl, "id.fd.",
     "F_DUPFD answers with a descriptor: with 0, another stream of its own"},
    {kSupervisor, SYS_ioctl, "id.env.TERM",
     "a terminal that does not answer counts as none"},
    {kWorkload, SYS_chdir, "id.cwd", "where a program starts is no boundary"},
    {kSupervisor, SYS_ioctl, "userns",
     "a denied call that is not answered is not made either"},
    {kInit, SYS_seccomp, "id.init.seccomp", "init has no capability left"},
    {kInit, SYS_symlinkat, "list:/", "the workload sees less"},
    {kInit, SYS_fsconfig, "id.mount./",
     "a default of the kernel's in place of "
     "a mode or the size of a read-only "
     "tmpfs"},
};

}  // namespace ringfence::live
