// Running programs as an ordinary user, for live tests.
//
//   const User user = EnsureUser("rftest");
//   const HomeDirectory home(user);
//   home.Write("hello.yaml", "...");
//   const Outcome outcome = RunAs(
//       user, {BinaryDirectory() + "/bin/ringfence", "run", "hello.yaml"},
//       {.directory = home.path()});
//   EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
//
// As root the tests make their user; as an ordinary user they run as that one.
// What goes wrong in the harness itself is a failure of the running test,
// never an Outcome: exit code, signal and time limit cannot be mixed up with
// it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <iosfwd>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

#include "base/unique_fd.h"

namespace ringfence::live {

struct User {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::string home;
  std::vector<gid_t> groups = {};  // further ones, that its programs get
};

// As root: the user `name`, made if there is none, with a home directory and
// /run/user/UID. Otherwise: whoever runs the tests.
User EnsureUser(const std::string& name);
// For that: $RINGFENCE_TEST_USER, or rftest. The ledger knows a user's
// workloads only, so two runs of the tests need two users.
std::string TestUserName();

// How a process ended.
struct Exited {
  int code = 0;
  bool operator==(const Exited&) const = default;
};
struct Signaled {
  int signal = 0;
  bool operator==(const Signaled&) const = default;
};
struct TimedOut {
  bool operator==(const TimedOut&) const = default;
};
using End = std::variant<Exited, Signaled, TimedOut>;
std::ostream& operator<<(std::ostream& stream, const End& end);

struct Outcome {
  End end;
  std::string out;
  std::string err;
};
std::ostream& operator<<(std::ostream& stream, const Outcome& outcome);

using Environment = std::map<std::string, std::string>;

struct Options {
  // Added to PATH, HOME, USER, LOGNAME and LANG, or in their place.
  Environment environment = {};
  std::string directory = {};  // empty: the user's home
  // Standard input, at most 64 KiB; without it standard input is /dev/null.
  std::optional<std::string> input = {};
  std::chrono::milliseconds time_limit = std::chrono::seconds(60);
  // Descriptors of the test that the program gets: its number there (3 or
  // more), and the one here. It gets no others.
  std::map<int, int> descriptors = {};
};

// A program that runs beside the test, in a session and process group of its
// own. Whatever is left of the group is killed when this goes.
class Background {
 public:
  // argv[0] is looked up in PATH. That it cannot be started is a failure.
  Background(const User& user, const std::vector<std::string>& argv,
             const Options& options = {});
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  ~Background();

  [[nodiscard]] pid_t pid() const { return pid_; }
  // What has been written so far.
  [[nodiscard]] std::string out() const;
  [[nodiscard]] std::string err() const;

  // The first whole line of either stream that contains `text`; nothing if
  // the streams end or the time limit passes before there is one.
  std::optional<std::string> WaitForLine(std::string_view text);

  void Signal(int signal);
  // Waits until the program itself has ended, then for the end of its streams
  // as long as two seconds (another process may hold them). After the time
  // limit, which counts from the start, the group is killed.
  Outcome Wait();

 private:
  void Read(UniqueFd until, UniqueFd out, UniqueFd err);
  [[nodiscard]] std::chrono::milliseconds TimeLeft() const;

  pid_t pid_ = -1;
  UniqueFd pidfd_;
  std::chrono::steady_clock::time_point limit_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string out_;
  std::string err_;
  bool streams_ended_ = false;
  UniqueFd stop_;  // closed, it ends the reader
  std::thread reader_;
};

// Runs a program to its end.
Outcome RunAs(const User& user, const std::vector<std::string>& argv,
              const Options& options = {});

// A new directory of the user's, below the home directory since a sandbox is
// not given anything of /tmp; gone with everything in it when this goes.
class HomeDirectory {
 public:
  explicit HomeDirectory(const User& user);
  HomeDirectory(const HomeDirectory&) = delete;
  HomeDirectory& operator=(const HomeDirectory&) = delete;
  ~HomeDirectory();

  [[nodiscard]] const std::string& path() const { return path_; }
  // Writes a file of the user's; its path. `name` may have folders in it,
  // which are made.
  std::string Write(const std::string& name, std::string_view text,
                    mode_t mode = 0644) const;
  // Makes a directory of the user's; its path.
  std::string Make(const std::string& name, mode_t mode = 0755) const;
  // A program of the build's as bin/PROGRAM, since the user need not be able to
  // look into the build folder; its path. It is the build's own file, which no
  // test may write to, where one file system holds both.
  std::string Install(const std::string& program) const;

 private:
  User user_;
  std::string path_;
};

// What is in a file; empty where there is none.
std::string TextOf(const std::string& path);

// OPERATION=RESULT lines of the probe (probe/probe.h).
std::map<std::string, std::string> ProbeResults(std::string_view out);

// Every process whose real uid this is, zombies left out.
std::vector<pid_t> ProcessesOf(uid_t uid);

// The most memory, in KiB, that a process has had so far (VmHWM of
// /proc/PID/status); 0: it is dead.
long PeakMemory(pid_t pid);

// True as soon as `condition` is; false after 20 seconds.
template <typename Condition>
bool Eventually(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace ringfence::live
