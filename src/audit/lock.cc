#include "audit/lock.h"

#include <cerrno>

#include "base/result.h"
#include "sys/clock.h"

namespace ringfence::audit {
namespace {

constexpr sys::Range kLock{0, 1};

}  // namespace

std::expected<UniqueFd, Problem> LockHead(const Place& place,
                                          sys::LockKind kind,
                                          uint32_t patience_ms) {
  RF_ASSIGN(UniqueFd head,
            OpenFile(place, kHead, kind == sys::LockKind::kWrite));
  const std::string path = place.path + "/" + kHead;
  const uint64_t deadline = sys::MonotonicMs() + patience_ms;
  for (;;) {
    const auto mine = sys::SetLock(head.get(), kind, kLock);
    if (!mine) {
      return std::unexpected(
          Problem{path, "cannot be locked", "", mine.error().err});
    }
    if (*mine) return head;
    // Polled, as admission is: a waiting lock has no timeout but a signal.
    if (sys::MonotonicMs() >= deadline) {
      return std::unexpected(
          Problem{path, "is locked by another process for too long",
                  "find it with `lslocks` and end it", ETIMEDOUT});
    }
    sys::SleepMs(1);
  }
}

}  // namespace ringfence::audit
