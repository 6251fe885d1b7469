// Outcome: what the kernel does with the value a filter returns.
//
//   Outcome o = OutcomeOf(SECCOMP_RET_ERRNO | EPERM);
//   IsStricter(OutcomeOf(SECCOMP_RET_KILL_PROCESS), o);   // true
//
// Two values that the kernel treats alike are one Outcome: data that it
// ignores is dropped, an errno above 4095 is cut to 4095, an unknown action
// kills the process (kernel/seccomp.c, __seccomp_filter).
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "model/seccomp.h"

namespace ringfence::prove {

struct Outcome {
  uint32_t raw = 0;  // SECCOMP_RET_* with the data that counts
  auto operator<=>(const Outcome&) const = default;
};

[[nodiscard]] Outcome OutcomeOf(uint32_t returned);

// How a policy's answer is read: as the value that its program must return
// (a call denied by `explain` is a notification, the errno is not in it), or
// as what the caller sees (the errno).
enum class Reading : uint8_t { kReturned, kSeen };
[[nodiscard]] Outcome OutcomeOf(const model::Answer& answer, Reading reading);

// The kernel's precedence (seccomp(2)): KILL_PROCESS, KILL_THREAD, TRAP,
// ERRNO, USER_NOTIF, TRACE, LOG, ALLOW. Two errnos are equally strict.
[[nodiscard]] bool IsStricter(Outcome one, Outcome other);

// True where the call is made: ALLOW and LOG.
[[nodiscard]] bool Permits(Outcome outcome);

// "allowed", "EPERM" as "errno 1", "killed", ... `errno_name` is the caller's
// to add: no names here.
[[nodiscard]] std::string Text(Outcome outcome);

}  // namespace ringfence::prove
