// Starting programs and following what they write.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ostream>

#include "live/harness.h"
#include "sys/channel.h"
#include "sys/pidfd.h"
#include "sys/signal.h"

namespace ringfence::live {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr size_t kMostInput = 65536;  // what a new pipe holds (pipe(7))
constexpr milliseconds kStreamGrace{2000};

// Everything a child needs between fork and exec, where it must not allocate:
// other threads of the test may hold the allocator's lock.
struct Prepared {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
  std::string directory;
  std::vector<std::string> words;
  std::vector<std::string> variables;
  std::vector<char*> argv;
  std::vector<char*> environment;
  // From here to there, in an order in which nothing is overwritten before it
  // is copied: all sources are above all targets.
  std::vector<std::pair<int, int>> descriptors;
  int past_last_target = 0;
  int report = -1;  // the errno of a failed start goes there
};

std::vector<char*> Pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

[[noreturn]] void Become(const Prepared& prepared) {
  const auto fail = [&] {
    const int error = errno;
    (void)!::write(prepared.report, &error, sizeof error);
    ::_exit(127);
  };
  // The libc wrappers would signal threads that this process does not have.
  if (::geteuid() == 0 && (::syscall(SYS_setgroups, prepared.groups.size(),
                                     prepared.groups.data()) != 0 ||
                           ::syscall(SYS_setresgid, prepared.gid, prepared.gid,
                                     prepared.gid) != 0 ||
                           ::syscall(SYS_setresuid, prepared.uid, prepared.uid,
                                     prepared.uid) != 0)) {
    fail();
  }
  if (::setsid() < 0 || ::chdir(prepared.directory.c_str()) != 0) fail();
  // What whoever started the tests left open goes too; dup2 then makes the
  // program's own descriptors, which stay.
  if (::syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC) != 0) fail();
  for (const auto& [from, to] : prepared.descriptors) {
    if (::dup2(from, to) < 0) fail();
  }
  sys::DefaultSignals(~uint64_t{0});
  if (!sys::UnblockSignals()) fail();
  ::execvpe(prepared.argv[0], prepared.argv.data(),
            prepared.environment.data());
  fail();
  ::_exit(127);
}

// A copy of `fd` above every descriptor that a program is given.
UniqueFd Above(int fd, int lowest) {
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, lowest));
  EXPECT_TRUE(copy) << std::strerror(errno);
  return copy;
}

UniqueFd InputOf(const Options& options) {
  if (!options.input) {
    return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  }
  EXPECT_LE(options.input->size(), kMostInput);
  auto pipe = *sys::MakePipe();
  EXPECT_EQ(::write(pipe.write.get(), options.input->data(),
                    std::min(options.input->size(), kMostInput)),
            static_cast<ssize_t>(options.input->size()));
  return std::move(pipe.read);
}

bool HasLine(const std::string& stream, std::string_view text,
             std::optional<std::string>& found) {
  size_t start = 0;
  for (size_t end; (end = stream.find('\n', start)) != std::string::npos;
       start = end + 1) {
    const std::string line = stream.substr(start, end - start);
    if (line.find(text) != std::string::npos) {
      found = line;
      return true;
    }
  }
  return false;
}

}  // namespace

Background::Background(const User& user, const std::vector<std::string>& argv,
                       const Options& options)
    : limit_(steady_clock::now() + options.time_limit) {
  Prepared prepared{.uid = user.uid, .gid = user.gid, .groups = user.groups};
  prepared.directory =
      options.directory.empty() ? user.home : options.directory;
  prepared.words = argv;
  prepared.argv = Pointers(prepared.words);
  Environment environment = {{"PATH", "/usr/local/bin:/usr/bin:/bin"},
                             {"HOME", user.home},
                             {"USER", user.name},
                             {"LOGNAME", user.name},
                             {"LANG", "C.UTF-8"}};
  for (const auto& [name, value] : options.environment) {
    environment[name] = value;
  }
  for (const auto& [name, value] : environment) {
    prepared.variables.push_back(name + "=" + value);
  }
  prepared.environment = Pointers(prepared.variables);

  auto out = *sys::MakePipe();
  auto err = *sys::MakePipe();
  auto report = *sys::MakePipe();
  const UniqueFd input = InputOf(options);
  std::map<int, int> wanted = options.descriptors;
  wanted[STDIN_FILENO] = input.get();
  wanted[STDOUT_FILENO] = out.write.get();
  wanted[STDERR_FILENO] = err.write.get();
  prepared.past_last_target = wanted.rbegin()->first + 1;
  std::vector<UniqueFd> copies;
  for (const auto& [target, source] : wanted) {
    copies.push_back(Above(source, prepared.past_last_target));
    prepared.descriptors.emplace_back(copies.back().get(), target);
  }
  copies.push_back(Above(report.write.get(), prepared.past_last_target));
  prepared.report = copies.back().get();

  pid_ = ::fork();
  if (pid_ == 0) Become(prepared);
  if (pid_ < 0) {
    ADD_FAILURE() << "fork: " << std::strerror(errno);
    return;
  }
  copies.clear();
  report.write.reset();
  out.write.reset();
  err.write.reset();
  int error = 0;
  if (::read(report.read.get(), &error, sizeof error) > 0) {
    ADD_FAILURE() << "cannot start " << argv[0] << " as " << user.name << " in "
                  << prepared.directory << ": " << std::strerror(error);
  }
  auto pidfd = sys::PidfdOpen(pid_);
  if (!pidfd) {
    ADD_FAILURE() << "pidfd_open: " << std::strerror(pidfd.error().err);
    return;
  }
  pidfd_ = *std::move(pidfd);
  auto stop = *sys::MakePipe();
  stop_ = std::move(stop.write);
  reader_ = std::thread([this, until = std::move(stop.read),
                         from_out = std::move(out.read),
                         from_err = std::move(err.read)]() mutable {
    Read(std::move(until), std::move(from_out), std::move(from_err));
  });
}

Background::~Background() {
  if (pid_ > 0) {
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);  // had it not made its own group yet
    ::waitpid(pid_, nullptr, 0);
  }
  stop_.reset();
  if (reader_.joinable()) reader_.join();
}

void Background::Read(UniqueFd until, UniqueFd out, UniqueFd err) {
  char buffer[65536];
  while (out || err) {
    // poll(2) passes over negative descriptors.
    pollfd entries[] = {{.fd = out.get(), .events = POLLIN, .revents = 0},
                        {.fd = err.get(), .events = POLLIN, .revents = 0},
                        {.fd = until.get(), .events = POLLIN, .revents = 0}};
    if (::poll(entries, 3, -1) < 0 && errno != EINTR) break;
    if (entries[2].revents != 0) break;
    for (int i = 0; i < 2; ++i) {
      if (entries[i].revents == 0) continue;
      UniqueFd& from = i == 0 ? out : err;
      const ssize_t size = ::read(from.get(), buffer, sizeof buffer);
      if (size <= 0) {
        from.reset();
        continue;
      }
      const std::lock_guard lock(mutex_);
      (i == 0 ? out_ : err_).append(buffer, static_cast<size_t>(size));
      changed_.notify_all();
    }
  }
  const std::lock_guard lock(mutex_);
  streams_ended_ = true;
  changed_.notify_all();
}

std::string Background::out() const {
  const std::lock_guard lock(mutex_);
  return out_;
}

std::string Background::err() const {
  const std::lock_guard lock(mutex_);
  return err_;
}

milliseconds Background::TimeLeft() const {
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(
                                       limit_ - steady_clock::now()));
}

std::optional<std::string> Background::WaitForLine(std::string_view text) {
  std::optional<std::string> found;
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, limit_, [&] {
    return HasLine(out_, text, found) || HasLine(err_, text, found) ||
           streams_ended_;
  });
  return found;
}

void Background::Signal(int signal) {
  ASSERT_GT(pid_, 0) << "it has been waited for";
  ASSERT_EQ(::kill(pid_, signal), 0) << std::strerror(errno);
}

Outcome Background::Wait() {
  Outcome outcome{.end = TimedOut{}, .out = {}, .err = {}};
  if (pid_ <= 0) {
    ADD_FAILURE() << "there is nothing to wait for";
    return outcome;
  }
  const auto ended =
      sys::WaitForExit(pidfd_.get(), static_cast<int>(TimeLeft().count()));
  const bool in_time = ended && *ended;
  if (!in_time) {
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(pid_, &status, 0), pid_);
  pid_ = -1;
  if (in_time && WIFEXITED(status)) {
    outcome.end = Exited{WEXITSTATUS(status)};
  } else if (in_time) {
    outcome.end = Signaled{WTERMSIG(status)};
  }
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kStreamGrace, [&] { return streams_ended_; });
  outcome.out = out_;
  outcome.err = err_;
  return outcome;
}

Outcome RunAs(const User& user, const std::vector<std::string>& argv,
              const Options& options) {
  return Background(user, argv, options).Wait();
}

std::ostream& operator<<(std::ostream& stream, const End& end) {
  struct Print {
    std::ostream& to;
    void operator()(const Exited& e) { to << "exit code " << e.code; }
    void operator()(const Signaled& s) {
      to << "signal " << s.signal << " (" << ::strsignal(s.signal) << ")";
    }
    void operator()(const TimedOut&) { to << "time limit"; }
  };
  std::visit(Print{stream}, end);
  return stream;
}

std::ostream& operator<<(std::ostream& stream, const Outcome& outcome) {
  return stream << outcome.end << "\n--- standard output\n"
                << outcome.out << "\n--- standard error\n"
                << outcome.err << "\n---";
}

}  // namespace ringfence::live
