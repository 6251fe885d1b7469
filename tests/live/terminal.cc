#include "live/terminal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/close_range.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "sys/pidfd.h"
#include "sys/signal.h"
#include "sys/terminal.h"

namespace ringfence::live {
namespace {

using std::chrono::steady_clock;

constexpr size_t kMiB = size_t{1} << 20;

std::vector<char*> Pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

TerminalRun::TerminalRun(const User& user, const std::vector<std::string>& argv,
                         const TerminalOptions& options) {
  std::vector<std::string> words = argv;
  std::vector<std::string> variables = {
      "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME=" + user.home,
      "USER=" + user.name, "LANG=C.UTF-8", "TERM=dumb"};
  std::vector<char*> arguments = Pointers(words);
  std::vector<char*> environment = Pointers(variables);

  master_.reset(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  EXPECT_TRUE(master_) << std::strerror(errno);
  auto slave = sys::OpenSlave(master_.get());
  if (!slave) {
    ADD_FAILURE() << "no terminal";
    return;
  }
  slave_ = std::move(*slave);
  EXPECT_EQ(::ioctl(slave_.get(), TIOCSWINSZ, &options.size), 0);
  // As login would: the user may open the terminal.
  if (::geteuid() == 0) {
    EXPECT_EQ(::fchown(slave_.get(), user.uid, user.gid), 0);
  }
  first_modes_ = Modes();
  int streams[3];
  for (size_t i = 0; i < 3; ++i) {
    streams[i] = options.instead[i] < 0 ? slave_.get() : options.instead[i];
  }

  pid_ = ::fork();
  if (pid_ == 0) {
    bool good = ::setsid() >= 0 && ::ioctl(slave_.get(), TIOCSCTTY, 0) == 0;
    // Above the standard ones, so that none is overwritten before it is used.
    for (int& fd : streams) fd = ::fcntl(fd, F_DUPFD_CLOEXEC, 10);
    for (int i = 0; i < 3; ++i) good = good && ::dup2(streams[i], i) == i;
    if (::geteuid() == 0) {
      good = good && ::syscall(SYS_setgroups, 0, nullptr) == 0 &&
             ::syscall(SYS_setresgid, user.gid, user.gid, user.gid) == 0 &&
             ::syscall(SYS_setresuid, user.uid, user.uid, user.uid) == 0;
    }
    good = good && ::chdir(user.home.c_str()) == 0 &&
           ::syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC) == 0;
    sys::DefaultSignals(~uint64_t{0});
    good = good && sys::UnblockSignals();
    if (good) ::execvpe(arguments[0], arguments.data(), environment.data());
    ::_exit(127);
  }
  EXPECT_GT(pid_, 0) << std::strerror(errno);
  auto pidfd = sys::PidfdOpen(pid_);
  EXPECT_TRUE(pidfd);
  if (pidfd) pidfd_ = std::move(*pidfd);
}

TerminalRun::~TerminalRun() {
  if (pid_ <= 0) return;
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void TerminalRun::Type(std::string_view text) const {
  EXPECT_EQ(::write(master_.get(), text.data(), text.size()),
            static_cast<ssize_t>(text.size()));
}

void TerminalRun::Resize(unsigned short rows, unsigned short columns) const {
  const winsize size{
      .ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
  EXPECT_EQ(::ioctl(master_.get(), TIOCSWINSZ, &size), 0);
}

termios TerminalRun::Modes() const {
  termios modes{};
  EXPECT_EQ(::tcgetattr(slave_.get(), &modes), 0);
  return modes;
}

void TerminalRun::Signal(int signal) const {
  EXPECT_EQ(::kill(pid_, signal), 0) << std::strerror(errno);
}

bool TerminalRun::Read(int timeout_ms) {
  pollfd entry{.fd = master_.get(), .events = POLLIN, .revents = 0};
  if (::poll(&entry, 1, timeout_ms) <= 0) return false;
  char buffer[65536];
  const ssize_t size = ::read(master_.get(), buffer, sizeof buffer);
  if (size <= 0) return false;
  output_.append(buffer, static_cast<size_t>(size));
  return true;
}

bool TerminalRun::WaitFor(std::string_view text) {
  const auto end = steady_clock::now() + std::chrono::seconds(20);
  while (steady_clock::now() < end) {
    const size_t at = output_.find(text, seen_);
    if (at != std::string::npos) {
      seen_ = at + text.size();
      return true;
    }
    (void)Read(50);
  }
  return false;
}

bool TerminalRun::EndsUnread(std::chrono::milliseconds limit) const {
  const auto dead =
      sys::WaitForExit(pidfd_.get(), static_cast<int>(limit.count()));
  return dead && *dead;
}

End TerminalRun::Wait() {
  size_t mebibytes = 0;
  const auto end = steady_clock::now() + std::chrono::seconds(60);
  while (steady_clock::now() < end) {
    if (Read(10)) {
      if (output_.size() / kMiB != mebibytes) {
        mebibytes = output_.size() / kMiB;
        peak_kib_ = std::max(peak_kib_, PeakMemory(pid_));
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      }
      continue;
    }
    const auto dead = sys::WaitForExit(pidfd_.get(), 0);
    if (!dead || !*dead) continue;
    while (Read(0)) {
    }
    int status = 0;
    EXPECT_EQ(::waitpid(pid_, &status, 0), pid_);
    pid_ = -1;
    if (WIFEXITED(status)) return Exited{WEXITSTATUS(status)};
    return Signaled{WTERMSIG(status)};
  }
  return TimedOut{};
}

bool operator==(const termios& a, const termios& b) {
  return a.c_iflag == b.c_iflag && a.c_oflag == b.c_oflag &&
         a.c_cflag == b.c_cflag && a.c_lflag == b.c_lflag &&
         std::equal(std::begin(a.c_cc), std::end(a.c_cc), std::begin(b.c_cc));
}

}  // namespace ringfence::live
