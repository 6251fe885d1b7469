#include "admit/claim.h"

#include <cerrno>
#include <cstddef>
#include <span>

#include "admit/layout.h"
#include "sys/file.h"
#include "sys/lock.h"

namespace ringfence::admit {

Result<void> Claim::RecordInit(pid_t pid) {
  RF_ASSIGN(const uint64_t start, sys::StartTime(pid));
  init_ = {pid, start};
  const RawInit raw{.pid = pid, .start = start};
  const off_t at = RecordAt(slot_) + off_t{offsetof(RawRecord, init)};
  const int ledger = files_.ledger.get();
  RF_TRY(sys::PwriteAll(ledger, std::as_bytes(std::span(&raw, 1)), at));
  // Who comes next waits for the process that stands there.
  RawInit written;
  RF_TRY(
      sys::Pread(ledger, std::as_writable_bytes(std::span(&written, 1)), at));
  if (written != raw) return std::unexpected(SysError{"pwrite64", EIO});
  return {};
}

Result<void> Claim::Release() {
  RF_ASSIGN(const UniqueFd init, sys::OpenIfAlive(init_));
  if (init) return std::unexpected(SysError{"Claim::Release", EBUSY});
  // The record first: once its lock is gone the slot may be another's.
  RF_TRY(WriteIndex(files_.ledger.get(), slot_, 0));
  return sys::Unlock(files_.presence.get(), RecordLock(slot_));
}

}  // namespace ringfence::admit
