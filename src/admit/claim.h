// Claim: a sandbox's place in the ledger.
//
//   ... clone init; it keeps its copy of claim.fd() ...
//   RF_TRY(claim.RecordInit(init_pid));   // before the workload is released
//   ... init is dead ...
//   RF_TRY(claim.Release());
//
// Its lock belongs to the open file description behind fd(), which supervisor
// and init share over fork, so the claim lasts until both are gone, however
// they go. Destroying a Claim closes this process's copy and no more.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <utility>

#include "admit/place.h"
#include "base/result.h"
#include "sys/pidfd.h"

namespace ringfence::admit {

class Claim {
 public:
  // For Ledger::Admit. `files` hold the lock of record `slot` already.
  Claim(Files files, uint32_t slot) : files_(std::move(files)), slot_(slot) {}

  // Of the presence file, close-on-exec. init keeps a copy until it has reaped
  // everything; the workload must never get one.
  [[nodiscard]] int fd() const { return files_.presence.get(); }

  [[nodiscard]] uint32_t slot() const { return slot_; }

  // Notes which process is init, by the id that this process sees. Until then
  // nobody waits for a dying init, so no workload may exist yet.
  [[nodiscard]] Result<void> RecordInit(pid_t pid);

  // Gives the place up at once, whoever else holds a copy of fd(). EBUSY:
  // init still lives.
  [[nodiscard]] Result<void> Release();

 private:
  Files files_;
  uint32_t slot_;
  sys::Process init_;
};

}  // namespace ringfence::admit
