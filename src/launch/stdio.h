// The workload's standard streams.
//
// A regular file is never handed to a workload: it could open it again, with
// other rights, through /proc/self/fd. It gets a pipe, and the supervisor
// copies. Nor is a terminal: who holds one can change its modes and, with some
// ioctls, type into it. The workload gets one of its own, in its own devpts,
// and the supervisor stands between the two.
//
//   standard input and output are one terminal, and we are in its foreground:
//     a session. The workload's terminal controls it (job control, Ctrl-C),
//     and the caller's is raw meanwhile.
//   otherwise: an output that is a terminal becomes the workload's own one,
//     which controls nothing and has no input; an input that is a terminal is
//     copied through a pipe. The caller's keeps its modes, because others may
//     be using it: `ringfence run x | less`; and while they take its keys, they
//     get them all.
#pragma once

#include <array>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "launch/pump.h"
#include "launch/terminal.h"

namespace ringfence::launch {

struct Stdio {
  std::array<int, 3> child = {0, 1, 2};  // what the workload gets
  std::vector<UniqueFd> ends;            // those of them that are made here
  std::vector<Pump> inputs;              // towards the workload
  std::vector<Pump> outputs;
  // Where the workload's terminal goes, in place of `child`.
  std::array<bool, 3> on_terminal = {};
  Terminal terminal;  // the caller's
};

// Looks at descriptors 0, 1 and 2 of this process. A closed one becomes
// /dev/null.
[[nodiscard]] Result<Stdio> PrepareStdio();

}  // namespace ringfence::launch
