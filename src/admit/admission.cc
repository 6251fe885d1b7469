#include "admit/admission.h"

#include <unistd.h>

#include <cstddef>
#include <span>

#include "admit/layout.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/lock.h"

namespace ringfence::admit {
namespace {

constexpr off_t kHolderAt{offsetof(Header, holder)};

Result<void> WriteHolder(int file, const Holder& holder) {
  return sys::PwriteAll(file, std::as_bytes(std::span(&holder, 1)), kHolderAt);
}

Busy Blame(int file) {
  Holder holder;
  const auto got = sys::Pread(
      file, std::as_writable_bytes(std::span(&holder, 1)), kHolderAt);
  if (!got || *got != sizeof holder) return {};
  const sys::Process process{holder.pid, holder.start};
  const auto alive = sys::OpenIfAlive(process);
  if (!alive || !*alive) return {};
  return {process, model::HostUid(holder.uid)};
}

}  // namespace

std::expected<Admission, Refusal> Admission::Enter(int file,
                                                   uint32_t patience_ms) {
  const uint64_t deadline = sys::MonotonicMs() + patience_ms;
  for (;;) {
    RF_ASSIGN(const bool mine,
              sys::SetLock(file, sys::LockKind::kWrite, kAdmissionLock));
    if (mine) break;
    // Polled: the kernel's waiting lock has no timeout but a signal, and
    // signals belong to the caller.
    if (sys::MonotonicMs() >= deadline) return std::unexpected(Blame(file));
    sys::SleepMs(1);
  }
  Admission admission(file);
  const pid_t pid = ::getpid();
  RF_ASSIGN(const uint64_t start, sys::StartTime(pid));
  RF_TRY(WriteHolder(file, {pid, ::geteuid(), start}));
  return admission;
}

Admission::~Admission() {
  if (file_ < 0) return;
  // Should these fail, a name stays behind that Blame will find dead, and a
  // lock that goes with the descriptor.
  (void)WriteHolder(file_, {});
  (void)sys::Unlock(file_, kAdmissionLock);
}

}  // namespace ringfence::admit
