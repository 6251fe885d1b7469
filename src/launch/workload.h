// The workload's own process, from its birth to execve.
//
// It is made by SpawnShared: it shares init's memory and descriptor table and
// init stands still until it has exec'd or ended. So it leaves what it found
// in a WorkloadReport, and its notification listener in the shared table.
//
// [after-fork safe] Nothing here allocates, throws or takes a lock.
#pragma once

#include <array>
#include <cstddef>

#include "base/result.h"
#include "launch/prepared.h"

namespace ringfence::launch {

struct WorkloadReport {
  const Prepared* prepared = nullptr;
  bool failed = false;
  size_t step = 0;      // where it failed
  SysError error;       // err 0: a promise that the read-back found broken
  int listener = -1;    // in the shared descriptor table
  int label_proc = -1;  // the procfs of kLabelProc, if the plan has one
  // /proc/self/status under the filter, and behind it the label that the stub
  // read, as a line of its own.
  std::array<char, 3072> status = {};
  size_t status_size = 0;
};

// `report` is a WorkloadReport*. Does not return when all goes well.
int BecomeWorkload(void* report) noexcept;

}  // namespace ringfence::launch
