#include "admit/admission.h"

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <span>

#include "admit/layout.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/lock.h"

namespace ringfence::admit {
namespace {

constexpr off_t kHolderAt{offsetof(Header, holder)};

Result<void> WriteHolder(int ledger, const Holder& holder) {
  return sys::PwriteAll(ledger, std::as_bytes(std::span(&holder, 1)),
                        kHolderAt);
}

Busy Blame(int ledger) {
  Holder holder;
  const auto got = sys::Pread(
      ledger, std::as_writable_bytes(std::span(&holder, 1)), kHolderAt);
  if (!got || *got != sizeof holder) return {};
  const sys::Process process{holder.pid, holder.start};
  const auto alive = sys::OpenIfAlive(process);
  if (!alive || !*alive) return {};
  return {process, model::HostUid(holder.uid)};
}

}  // namespace

std::expected<Admission, Refusal> Admission::Enter(int ledger,
                                                   uint32_t patience_ms) {
  const uint64_t deadline = sys::MonotonicMs() + patience_ms;
  for (;;) {
    RF_ASSIGN(const bool mine,
              sys::SetLock(ledger, sys::LockKind::kWrite, kAdmissionLock));
    if (mine) break;
    // Polled: the kernel's waiting lock has no timeout but a signal, and
    // signals belong to the caller.
    if (sys::MonotonicMs() >= deadline) return std::unexpected(Blame(ledger));
    sys::SleepMs(1);
  }
  Admission admission(ledger);
  RF_ASSIGN(const bool locked, sys::IsLocked(ledger, kAdmissionLock));
  if (!locked) return std::unexpected(SysError{"fcntl F_OFD_SETLK", ENOLCK});
  const pid_t pid = ::getpid();
  RF_ASSIGN(const uint64_t start, sys::StartTime(pid));
  admission.self_ = {pid, start};
  RF_TRY(WriteHolder(ledger, {pid, ::geteuid(), start}));
  return admission;
}

Admission::~Admission() {
  if (ledger_ < 0) return;
  // Should these fail, a name stays behind that Blame will find dead, and a
  // lock that goes with the descriptor.
  (void)WriteHolder(ledger_, {});
  (void)sys::Unlock(ledger_, kAdmissionLock);
}

}  // namespace ringfence::admit
