// Programs on a terminal that the test holds the other end of.
//
//   TerminalRun shell(user_, RunLine({file}));
//   ASSERT_TRUE(shell.WaitFor("$ "));
//   shell.Type("tty\n");
//   EXPECT_EQ(shell.Wait(), End(Exited{0}));
#pragma once

#include <sys/ioctl.h>
#include <termios.h>

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "live/harness.h"

namespace ringfence::live {

struct TerminalOptions {
  winsize size = {.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
  // What stands in for the terminal at 0, 1, 2; -1: the terminal.
  std::array<int, 3> instead = {-1, -1, -1};
};

// A program in a session of its own, which the terminal controls. Whatever is
// left of its process group is killed when this goes. Single-threaded.
class TerminalRun {
 public:
  TerminalRun(const User& user, const std::vector<std::string>& argv,
              const TerminalOptions& options = {});
  TerminalRun(const TerminalRun&) = delete;
  TerminalRun& operator=(const TerminalRun&) = delete;
  ~TerminalRun();

  [[nodiscard]] pid_t pid() const { return pid_; }
  void Type(std::string_view text) const;
  // The terminal gets another size, and its foreground a SIGWINCH.
  void Resize(unsigned short rows, unsigned short columns) const;
  [[nodiscard]] termios Modes() const;
  // Before the program began.
  [[nodiscard]] const termios& first_modes() const { return first_modes_; }
  [[nodiscard]] bool IsRaw() const {
    return (Modes().c_lflag & static_cast<tcflag_t>(ICANON | ECHO | ISIG)) == 0;
  }
  void Signal(int signal) const;

  // Reads until `text` has come since the last one that was waited for; false
  // after 20 seconds.
  bool WaitFor(std::string_view text);
  // Everything so far.
  [[nodiscard]] const std::string& output() const { return output_; }
  // Whether it ends within `limit` although nobody reads.
  [[nodiscard]] bool EndsUnread(std::chrono::milliseconds limit) const;
  // Reads until the program has ended, at most 60 seconds. A pause each MiB
  // makes it a slow reader of much.
  End Wait();
  // The most memory that the program has had by then, as far as was looked.
  [[nodiscard]] long peak_kib() const { return peak_kib_; }

 private:
  // Whether something was read; waits `timeout_ms` for it.
  bool Read(int timeout_ms);

  UniqueFd master_;
  UniqueFd slave_;  // keeps it alive, and tells its modes
  termios first_modes_{};
  pid_t pid_ = -1;
  UniqueFd pidfd_;
  std::string output_;
  size_t seen_ = 0;
  long peak_kib_ = 0;
};

bool operator==(const termios& a, const termios& b);

}  // namespace ringfence::live
