// Resource limits of one workload.
#pragma once

#include <cstdint>
#include <vector>

namespace ringfence::model {

// A limit that only a delegated cgroup v2 can enforce. amount 0: no limit.
struct CgroupLimit {
  uint64_t amount = 0;
  bool if_available = false;
  bool operator==(const CgroupLimit&) const = default;
};

struct Limits {
  uint32_t processes = 0;   // RLIMIT_NPROC in a user namespace of its own
  uint32_t open_files = 0;  // RLIMIT_NOFILE
  CgroupLimit memory;       // bytes
  CgroupLimit cpu;          // thousandths of a core
  CgroupLimit disk_read;    // bytes a second from each disk
  CgroupLimit disk_write;   // bytes a second to each disk
  uint64_t time_ms = 0;     // wall clock; 0: none
  bool operator==(const Limits&) const = default;
};

// How a workload is stopped: `signal`, then SIGKILL after `grace_ms`.
struct Stop {
  int signal = 15;
  uint64_t grace_ms = 10'000;
  bool operator==(const Stop&) const = default;
};

// One setrlimit(2): soft and hard are the same, so nothing can be raised.
struct ResourceLimit {
  uint32_t resource = 0;  // RLIMIT_*
  uint64_t value = 0;
  bool operator==(const ResourceLimit&) const = default;
};

}  // namespace ringfence::model
