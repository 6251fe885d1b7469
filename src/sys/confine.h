// Landlock and seccomp: the two calls a process can only tighten.
//
// Everything here allocates nothing and may be called after fork. Sources:
// landlock(7), seccomp(2), seccomp_unotify(2).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "base/unique_fd.h"

namespace ringfence::sys {

// The kernel's Landlock ABI; 0 where it has no Landlock or it is off.
[[nodiscard]] uint32_t LandlockAbi() noexcept;
// Masks as in model/landlock.h, already cut to the kernel's ABI.
[[nodiscard]] Result<UniqueFd> LandlockRuleset(uint64_t fs, uint64_t net,
                                               uint64_t scopes) noexcept;
[[nodiscard]] Result<void> LandlockAllowPath(int ruleset, int path,
                                             uint64_t rights) noexcept;
[[nodiscard]] Result<void> LandlockRestrictSelf(int ruleset) noexcept;

// One instruction is eight bytes, struct sock_filter of <linux/filter.h>.
struct FilterCode {
  const void* instructions = nullptr;
  uint16_t count = 0;
};
// Needs no_new_privs. The plain form is for Ringfence's own processes.
[[nodiscard]] Result<void> InstallFilter(FilterCode code) noexcept;
// The same with a user-notification listener, close-on-exec. Always with
// WAIT_KILLABLE_RECV (Linux 5.19): without it a process with a timer faster
// than its supervisor never gets past a denied call. Returns a plain number:
// the caller may share its descriptor table.
[[nodiscard]] Result<int> InstallFilterWithListener(FilterCode code) noexcept;

// Whether the kernel knows the action and the flag that the listener needs
// (seccomp(2); nothing is installed).
[[nodiscard]] bool HasNotification() noexcept;
[[nodiscard]] bool HasWaitKillable() noexcept;

// A denied call as the kernel reports it.
struct Notification {
  uint64_t id = 0;
  uint32_t pid = 0;  // of the thread, in the supervisor's PID namespace
  uint32_t number = 0;
  std::array<uint64_t, 6> args{};
};
// ENOENT: the call is gone (its process was killed); not an error.
[[nodiscard]] Result<Notification> ReceiveNotification(int listener) noexcept;
// Answers with -error; never continues the call.
[[nodiscard]] Result<void> AnswerNotification(int listener, uint64_t id,
                                              uint16_t error) noexcept;

}  // namespace ringfence::sys
