#include "prove/outcome.h"

#include <linux/seccomp.h>

#include <algorithm>
#include <string>

#include "base/check.h"

namespace ringfence::prove {
namespace {

constexpr uint32_t kMaxErrno = 4095;  // MAX_ERRNO of <linux/err.h>

uint32_t ActionOf(Outcome outcome) {
  return outcome.raw & SECCOMP_RET_ACTION_FULL;
}

std::string WithData(const char* what, Outcome outcome) {
  return what + std::to_string(outcome.raw & SECCOMP_RET_DATA);
}

}  // namespace

Outcome OutcomeOf(uint32_t returned) {
  const uint32_t action = returned & SECCOMP_RET_ACTION_FULL;
  const uint32_t data = returned & SECCOMP_RET_DATA;
  switch (action) {
    case SECCOMP_RET_ERRNO:
      return {action | std::min(data, kMaxErrno)};
    case SECCOMP_RET_TRAP:
    case SECCOMP_RET_TRACE:
      return {action | data};
    case SECCOMP_RET_ALLOW:
    case SECCOMP_RET_LOG:
    case SECCOMP_RET_USER_NOTIF:
    case SECCOMP_RET_KILL_THREAD:
      return {action};
    default:
      return {SECCOMP_RET_KILL_PROCESS};
  }
}

Outcome OutcomeOf(const model::Answer& answer, Reading reading) {
  switch (answer.action) {
    case model::Action::kAllow:
      return {SECCOMP_RET_ALLOW};
    case model::Action::kExplain:
      if (reading == Reading::kReturned) return {SECCOMP_RET_USER_NOTIF};
      return OutcomeOf(SECCOMP_RET_ERRNO | answer.error);
    case model::Action::kQuiet:
      return OutcomeOf(SECCOMP_RET_ERRNO | answer.error);
    case model::Action::kKill:
      return {SECCOMP_RET_KILL_PROCESS};
    case model::Action::kLog:
      return {SECCOMP_RET_LOG};
    case model::Action::kKillThread:
      return {SECCOMP_RET_KILL_THREAD};
    case model::Action::kTrap:
      return {SECCOMP_RET_TRAP};
    case model::Action::kTrace:
      return OutcomeOf(SECCOMP_RET_TRACE | answer.error);
    case model::Action::kNotify:
      return {SECCOMP_RET_USER_NOTIF};
  }
  CheckFailed("prove: unknown action");
}

// The kernel compares actions as signed numbers, the smallest wins.
bool IsStricter(Outcome one, Outcome other) {
  return static_cast<int32_t>(ActionOf(one)) <
         static_cast<int32_t>(ActionOf(other));
}

bool Permits(Outcome outcome) {
  return ActionOf(outcome) == SECCOMP_RET_ALLOW ||
         ActionOf(outcome) == SECCOMP_RET_LOG;
}

std::string Text(Outcome outcome) {
  switch (ActionOf(outcome)) {
    case SECCOMP_RET_ALLOW:
      return "allowed";
    case SECCOMP_RET_LOG:
      return "allowed and logged";
    case SECCOMP_RET_TRACE:
      return WithData("traced with ", outcome);
    case SECCOMP_RET_USER_NOTIF:
      return "left to a supervisor";
    case SECCOMP_RET_ERRNO:
      return WithData("errno ", outcome);
    case SECCOMP_RET_TRAP:
      return WithData("SIGSYS with ", outcome);
    case SECCOMP_RET_KILL_THREAD:
      return "the thread killed";
    default:
      return "killed";
  }
}

}  // namespace ringfence::prove
