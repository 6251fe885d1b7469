// Signals as a queue to read, never as handlers.
//
// Everything here allocates nothing and may be called after fork.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "base/result.h"
#include "base/unique_fd.h"

namespace ringfence::sys {

// Blocks every signal of this thread; each then waits in SignalQueue.
[[nodiscard]] Result<void> BlockSignals() noexcept;
// What an ordinary program expects at its start: nothing blocked.
[[nodiscard]] Result<void> UnblockSignals() noexcept;
// Gives the signals of `ignored` their default action again. After an exec
// only ignored ones differ from it: `ignored` is SigIgn of /proc/PID/status,
// bit n - 1 for signal n.
void DefaultSignals(uint64_t ignored) noexcept;

// A non-blocking signalfd(2) for every signal.
[[nodiscard]] Result<UniqueFd> SignalQueue() noexcept;
struct QueuedSignal {
  int number = 0;  // 0: none is waiting
  pid_t sender = 0;
};
[[nodiscard]] Result<QueuedSignal> NextSignal(int queue) noexcept;

// kill(2). ESRCH (nobody is left) is success: that is what was wanted.
[[nodiscard]] Result<void> Kill(pid_t pid, int signal) noexcept;

// One waitpid(2). `options`: WNOHANG or 0. pid 0: nothing to report yet;
// pid -1: no child is left.
struct Reaped {
  pid_t pid = 0;
  int status = 0;
};
[[nodiscard]] Result<Reaped> Reap(int options) noexcept;

}  // namespace ringfence::sys
