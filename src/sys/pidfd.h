// Processes by descriptor, and by the pair (process id, start time), which is
// never used twice within one boot.
//
//   RF_ASSIGN(UniqueFd init, sys::PidfdOpen(pid));
//   RF_ASSIGN(bool dead, sys::WaitForExit(init.get(), 10'000));
//
// Nothing here needs a privilege but sending a signal, which needs that of
// kill(2).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace ringfence::sys {

// pidfd_open(2). ESRCH: there is no such process. A zombie still counts.
[[nodiscard]] Result<UniqueFd> PidfdOpen(pid_t pid);

// pidfd_send_signal(2). ESRCH: it is dead and reaped.
[[nodiscard]] Result<void> PidfdSendSignal(int pidfd, int signal);

// Waits until the process is dead, at most `timeout_ms` milliseconds (0: just
// looks; negative: without end). True: dead. A process of a PID namespace's
// init counts as dead only when the whole namespace is (zap_pid_ns_processes
// runs before the exit is announced).
[[nodiscard]] Result<bool> WaitForExit(int pidfd, int timeout_ms);

// When the process started, in clock ticks since boot: field 22 of
// /proc/PID/stat. ENOENT or ESRCH: no such process, or /proc hides it.
[[nodiscard]] Result<uint64_t> StartTime(pid_t pid);
// The same from the text of a stat file. EBADMSG: it is not one. The program
// name in it may hold spaces and parentheses, so what follows the last ')'
// counts. [pure]
[[nodiscard]] Result<uint64_t> ParseStartTime(std::string_view stat);

struct Process {
  pid_t pid = 0;            // 0: none
  uint64_t start_time = 0;  // as StartTime
  bool operator==(const Process&) const = default;
};

// An open pidfd if exactly this process is alive; an empty UniqueFd if it is
// dead, a zombie, or its number now belongs to another process. Where /proc
// hides the process the number alone decides: rather too alive than too dead.
[[nodiscard]] Result<UniqueFd> OpenIfAlive(const Process& process);

}  // namespace ringfence::sys
