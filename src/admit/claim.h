// Claim: a sandbox's place in the ledger.
//
//   ... clone init; it keeps its copy of claim.fd() ...
//   RF_TRY(claim.RecordInit(init_pid));   // before the workload is released
//   ... init is dead ...
//   RF_TRY(claim.Release());
//
// Its locks belong to the open file description behind fd(), which supervisor
// and init share over fork, so the claim lasts until both are gone, however
// they go. Destroying a Claim closes this process's copy and no more.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <utility>

#include "base/result.h"
#include "base/unique_fd.h"
#include "sys/lock.h"
#include "sys/pidfd.h"

namespace ringfence::admit {

class Claim {
 public:
  // For Ledger::Admit. `file` holds the locks already; `slot` is its record,
  // `class_locks` what it holds of the classes.
  Claim(UniqueFd file, uint32_t slot, sys::Range class_locks)
      : file_(std::move(file)), slot_(slot), class_locks_(class_locks) {}

  // Close-on-exec. init keeps a copy until it has reaped everything; the
  // workload must never get one.
  [[nodiscard]] int fd() const { return file_.get(); }

  [[nodiscard]] uint32_t slot() const { return slot_; }
  // What is locked through fd().
  [[nodiscard]] std::array<sys::Range, 2> ranges() const;

  // Notes which process is init, by the id that this process sees. Until then
  // nobody waits for a dying init, so no workload may exist yet.
  [[nodiscard]] Result<void> RecordInit(pid_t pid);

  // Gives the place up at once, whoever else holds a copy of fd(). EBUSY:
  // init still lives.
  [[nodiscard]] Result<void> Release();

 private:
  UniqueFd file_;
  uint32_t slot_;
  sys::Range class_locks_;
  sys::Process init_;
};

}  // namespace ringfence::admit
