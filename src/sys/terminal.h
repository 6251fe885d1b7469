// Terminals and pseudoterminals: one thin wrapper per call.
//
//   RF_ASSIGN(UniqueFd master, sys::OpenAt(root, "dev/pts/ptmx", O_RDWR));
//   RF_ASSIGN(UniqueFd slave, sys::OpenSlave(master.get()));
//   RF_TRY(sys::SetWindowSize(slave.get(), size));
//
// Everything here allocates nothing and may be called after fork. Sources:
// ioctl_tty(2), pty(7), termios(3).
#pragma once

#include <sys/ioctl.h>
#include <sys/types.h>
#include <termios.h>

#include "base/result.h"
#include "base/unique_fd.h"

namespace ringfence::sys {

[[nodiscard]] bool IsTerminal(int fd) noexcept;

// Unlocks the other end of `master` and opens it, without its path and without
// making it this process's controlling terminal.
[[nodiscard]] Result<UniqueFd> OpenSlave(int master) noexcept;

// Makes `fd` the controlling terminal of this process, a session leader that
// has none.
[[nodiscard]] Result<void> TakeControllingTerminal(int fd) noexcept;
// The session that `fd` controls. ENOTTY: not this process's.
[[nodiscard]] Result<pid_t> SessionOf(int fd) noexcept;
// The process group that is in the foreground of `fd`. ENOTTY: it is not the
// controlling terminal of this process.
[[nodiscard]] Result<pid_t> ForegroundGroup(int fd) noexcept;

[[nodiscard]] Result<winsize> GetWindowSize(int fd) noexcept;
[[nodiscard]] Result<void> SetWindowSize(int fd, const winsize& size) noexcept;

// `SetModes` takes effect at once; what waits to be written is not waited for.
[[nodiscard]] Result<termios> GetModes(int fd) noexcept;
[[nodiscard]] Result<void> SetModes(int fd, const termios& modes) noexcept;

}  // namespace ringfence::sys
