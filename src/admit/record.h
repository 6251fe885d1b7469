// Record: what the ledger says about one sandbox.
#pragma once

#include <cstdint>
#include <string>

#include "model/identity.h"
#include "sys/pidfd.h"

namespace ringfence::admit {

// What the kernel holds the sandbox to; 0: to nothing.
struct EnforcedLimits {
  uint64_t processes = 0;
  uint64_t open_files = 0;
  uint64_t memory = 0;  // bytes
  uint64_t cpu = 0;     // thousandths of a core
  uint64_t time_ms = 0;
  bool operator==(const EnforcedLimits&) const = default;
};

struct Record {
  std::string name;  // of the workload
  model::TrustLevel level;
  model::HostUid uid;          // of the caller who started it
  sys::Process supervisor;     // `ringfence run`
  sys::Process init;           // pid 0: not made yet, so no workload either
  int64_t since_ms = 0;        // CLOCK_REALTIME, for people
  uint64_t since_boot_ms = 0;  // CLOCK_BOOTTIME, for ages
  EnforcedLimits limits;
  bool operator==(const Record&) const = default;
};

enum class State {
  kRunning,  // its supervisor lives
  kDying,    // its supervisor is gone, its processes are not
};

struct Entry {
  Record record;
  State state = State::kRunning;
  uint32_t slot = 0;  // in the ledger's table of records
  bool operator==(const Entry&) const = default;
};

}  // namespace ringfence::admit
