// Processes: clone3, exec, prctl, capabilities, limits, descriptors.
//
// Everything here allocates nothing and may be called after fork. Calls whose
// effect nobody reads back later do it themselves: the error has err 0 then,
// and `call` is a sentence.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "base/result.h"
#include "base/unique_fd.h"

namespace ringfence::sys {

// Which namespaces a child gets of its own (CLONE_NEW* of clone(2)).
inline constexpr uint64_t kNewUser = 0x10000000;
inline constexpr uint64_t kNewMount = 0x00020000;
inline constexpr uint64_t kNewPid = 0x20000000;
inline constexpr uint64_t kNewNetwork = 0x40000000;
inline constexpr uint64_t kNewIpc = 0x08000000;
inline constexpr uint64_t kNewUts = 0x04000000;
inline constexpr uint64_t kNewCgroup = 0x02000000;

struct Child {
  pid_t pid = 0;   // 0: this is the child
  UniqueFd pidfd;  // the parent's, close-on-exec
};
// clone3(2) as a fork: its own copy of the address space, SIGCHLD at its end.
// `namespaces`: kNew* bits. `cgroup`: the open directory of the cgroup v2 that
// the child begins in; -1: the parent's.
[[nodiscard]] Result<Child> Fork(uint64_t namespaces, int cgroup = -1) noexcept;

// Runs `body(argument)` in a child that shares this process's memory and
// descriptor table; returns its pid once it has exec'd or ended, as vfork(2).
// `stack_top` is the high end of a stack of its own.
[[nodiscard]] Result<pid_t> SpawnShared(int (*body)(void*), void* stack_top,
                                        void* argument) noexcept;

// Joins the user and network namespaces of the process `pidfd` (setns(2)).
[[nodiscard]] Result<void> JoinUserAndNetwork(int pidfd) noexcept;

// Replaces this process by the open executable `fd`.
[[nodiscard]] SysError ExecFd(int fd, char* const argv[],
                              char* const envp[]) noexcept;
[[nodiscard]] SysError Exec(const char* path, char* const argv[],
                            char* const envp[]) noexcept;

[[nodiscard]] Result<void> SetNoNewPrivileges() noexcept;
// Core dumps, ptrace, /proc/PID/mem and pidfd_getfd by the same uid are off.
[[nodiscard]] Result<void> SetUndumpable() noexcept;
// And on again, for a process that a change of its ids made undumpable.
[[nodiscard]] Result<void> SetDumpable() noexcept;
[[nodiscard]] Result<bool> IsDumpable() noexcept;
// `signal` comes when the parent ends.
[[nodiscard]] Result<void> SetParentDeathSignal(int signal) noexcept;
[[nodiscard]] Result<void> NewSession() noexcept;
[[nodiscard]] Result<void> ChangeDirectory(const char* path) noexcept;
// An anonymous session keyring that nobody else holds (keyctl(2)). Kernels
// without keyrings have nothing to separate: ENOSYS is success.
[[nodiscard]] Result<void> NewKeyring() noexcept;
[[nodiscard]] Result<void> SetHostname(const char* name, size_t size) noexcept;

// Empties all five capability sets but for `keep` (a mask of CAP_* bits),
// locks the securebits, and so makes the loss final.
[[nodiscard]] Result<void> DropCapabilities(uint64_t keep) noexcept;

// True when the effective, permitted or inheritable set holds anything. The
// ambient set is always inside the last two (capabilities(7)).
[[nodiscard]] Result<bool> HoldsCapabilities() noexcept;

// Soft and hard limit alike.
[[nodiscard]] Result<void> SetLimit(uint32_t resource, uint64_t value) noexcept;
struct LimitPair {
  uint64_t soft = 0;
  uint64_t hard = 0;
};
[[nodiscard]] Result<LimitPair> GetLimit(uint32_t resource) noexcept;

// Closes every descriptor from `first` to `last`, both included.
[[nodiscard]] Result<void> CloseRange(unsigned first, unsigned last) noexcept;

// The loopback interface of this network namespace goes up.
[[nodiscard]] Result<void> LoopbackUp() noexcept;

}  // namespace ringfence::sys
