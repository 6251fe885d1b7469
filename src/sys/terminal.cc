#include "sys/terminal.h"

#include <fcntl.h>

#include "sys/outcome.h"

namespace ringfence::sys {

bool IsTerminal(int fd) noexcept { return GetModes(fd).has_value(); }

Result<UniqueFd> OpenSlave(int master) noexcept {
  int locked = 0;
  if (::ioctl(master, TIOCSPTLCK, &locked) < 0) {
    return Failed("ioctl(TIOCSPTLCK)");
  }
  return Descriptor(
      "ioctl(TIOCGPTPEER)",
      ::ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
}

Result<void> TakeControllingTerminal(int fd) noexcept {
  return Done("ioctl(TIOCSCTTY)", ::ioctl(fd, TIOCSCTTY, 0));
}

Result<pid_t> SessionOf(int fd) noexcept {
  pid_t session = 0;
  if (::ioctl(fd, TIOCGSID, &session) < 0) return Failed("ioctl(TIOCGSID)");
  return session;
}

Result<pid_t> ForegroundGroup(int fd) noexcept {
  pid_t group = 0;
  if (::ioctl(fd, TIOCGPGRP, &group) < 0) return Failed("ioctl(TIOCGPGRP)");
  return group;
}

Result<winsize> GetWindowSize(int fd) noexcept {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) < 0) return Failed("ioctl(TIOCGWINSZ)");
  return size;
}

Result<void> SetWindowSize(int fd, const winsize& size) noexcept {
  return Done("ioctl(TIOCSWINSZ)", ::ioctl(fd, TIOCSWINSZ, &size));
}

Result<termios> GetModes(int fd) noexcept {
  termios modes{};
  if (::tcgetattr(fd, &modes) < 0) return Failed("tcgetattr");
  return modes;
}

Result<void> SetModes(int fd, const termios& modes) noexcept {
  return Done("tcsetattr",
              Retry([&] { return ::tcsetattr(fd, TCSANOW, &modes); }));
}

}  // namespace ringfence::sys
