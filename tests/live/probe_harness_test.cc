// The probe and the harness, outside of any sandbox: what they say is right,
// and each kind of end can be told from the others.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "live/harness.h"
#include "live/verdict_rows.h"
#include "paths/paths.h"

namespace ringfence::live {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Probe : public ::testing::Test {
 protected:
  // Results of operations, run as the test's user.
  std::map<std::string, std::string> Try(
      const std::vector<std::string>& operations) {
    std::vector<std::string> argv = {probe_};
    argv.insert(argv.end(), operations.begin(), operations.end());
    const Outcome outcome = RunAs(user_, argv);
    EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
    return ProbeResults(outcome.out);
  }

  const User user_ = EnsureUser("rftest");
  const HomeDirectory home_{user_};
  const std::string probe_ = home_.Install("probe");
};

TEST_F(Probe, TellsSuccessFromErrno) {
  const std::string secret = home_.Write("secret", "x", 0);
  const std::string open = home_.Write("open", "x");
  const auto results =
      Try({"read:" + open, "read:" + secret, "read:" + secret + "-not",
           "write:" + open, "create:" + home_.path() + "/new",
           "list:" + home_.path(), "stat:" + open, "syscall:0,-1,0,0",
           "syscall:1000", "socket:AF_UNIX,SOCK_STREAM|SOCK_CLOEXEC,0",
           "kill:1", "tiocsti", "connect:127.0.0.1:1", "exec:" + open,
           "exec:/bin/true", "userns:clone3"});
  EXPECT_EQ(results.at("read:" + open), "0");
  EXPECT_EQ(results.at("read:" + secret), "EACCES");
  EXPECT_EQ(results.at("read:" + secret + "-not"), "ENOENT");
  EXPECT_EQ(results.at("write:" + open), "0");
  EXPECT_EQ(results.at("create:" + home_.path() + "/new"), "0");
  EXPECT_EQ(results.at("list:" + home_.path()), "bin,open,secret");
  EXPECT_EQ(results.at("stat:" + open), "file 0644 " +
                                            std::to_string(user_.uid) + " " +
                                            std::to_string(user_.gid));
  EXPECT_EQ(results.at("syscall:0,-1,0,0"), "EBADF");
  EXPECT_EQ(results.at("syscall:1000"), "ENOSYS");
  EXPECT_EQ(results.at("socket:AF_UNIX,SOCK_STREAM|SOCK_CLOEXEC,0"), "0");
  EXPECT_EQ(results.at("kill:1"), "EPERM");
  EXPECT_EQ(results.at("tiocsti"), "EBADF");
  EXPECT_EQ(results.at("connect:127.0.0.1:1"), "ECONNREFUSED");
  EXPECT_EQ(results.at("exec:" + open), "EACCES");
  EXPECT_EQ(results.at("exec:/bin/true"), "0");
}

#if defined(__x86_64__)
TEST_F(Probe, OneOperationsEndIsNotTheEndOfTheRest) {
  // kill(0, ...) would reach the others as well: it is by its own number that
  // each of these ends.
  const auto results = Try({
      "syscall:231,7",  // exit_group
      "syscall:39",     // getpid
      "syscall:57",     // fork
      "syscall:58",     // vfork
      "int80:20",       // getpid of the 32-bit table
      "syscall:15",     // rt_sigreturn without a frame
      "syscall:102",    // getuid
  });
  EXPECT_EQ(results.at("syscall:231,7"), "EXIT7");
  EXPECT_EQ(results.at("syscall:15"), "SIGSEGV");
  for (const char* operation :
       {"syscall:39", "syscall:57", "syscall:58", "syscall:102"}) {
    EXPECT_EQ(results.at(operation), "0") << operation;
  }
  EXPECT_THAT(results.at("int80:20"), AnyOf("0", "SIGSEGV"));
}
#endif

TEST_F(Probe, SweepAnswersForEveryNumber) {
  const auto results = Try({"--outside", "sweep:0-1023"});
  EXPECT_EQ(results.size(), 1024u);
  for (const auto& [number, result] : results) {
    EXPECT_THAT(result,
                AnyOf("0", "SKIPPED", StartsWith("E"), StartsWith("SIG")))
        << number;
    EXPECT_NE(result, "TIMEOUT") << number;
  }
  EXPECT_EQ(results.at("1000"), "ENOSYS");
}

TEST_F(Probe, CountsUpToTheLimitAndNamesItsErrno) {
  const Outcome outcome = RunAs(
      user_, {"/bin/sh", "-c",
              "ulimit -n 40; exec " + probe_ +
                  " open_files:10 open_files:100 fork:5 threads:5 memory:2"});
  const auto results = ProbeResults(outcome.out);
  EXPECT_EQ(results.at("open_files:10"), "10");
  EXPECT_THAT(results.at("open_files:100"), StartsWith("3"));
  EXPECT_THAT(results.at("open_files:100"), HasSubstr(":EMFILE"));
  EXPECT_EQ(results.at("fork:5"), "5");
  EXPECT_EQ(results.at("threads:5"), "5");
  EXPECT_EQ(results.at("memory:2"), "2");
}

TEST_F(Probe, RefusesWhatItDoesNotKnow) {
  for (const char* operation : {"nonsense", "socket:1", "sweep:9-3", "sleep:x",
                                "fork:0", "read:", "connect:localhost:80",
                                "syscall:", "syscall:1,2,3,4,5,6,7,8"}) {
    const Outcome outcome = RunAs(user_, {probe_, operation});
    EXPECT_EQ(outcome.end, End(Exited{2})) << operation << outcome;
    EXPECT_THAT(outcome.out, HasSubstr("UNKNOWN"));
  }
}

TEST_F(Probe, IdSaysWhatTheHarnessGave) {
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  const Outcome outcome = RunAs(user_, {probe_, "id"},
                                {.environment = {{"GREETING", "a=b"}},
                                 .directory = home_.path(),
                                 .descriptors = {{7, null.get()}}});
  auto results = ProbeResults(outcome.out);
  const std::string uid = std::to_string(user_.uid);
  EXPECT_EQ(results["id.uid"], uid + "," + uid + "," + uid + "," + uid);
  if (::geteuid() == 0) {
    EXPECT_EQ(results["id.groups"], "");
  }
  EXPECT_EQ(results["id.capeff"], "0000000000000000");
  EXPECT_EQ(results["id.cwd"], home_.path());
  EXPECT_EQ(results["id.env.GREETING"], "a=b");
  EXPECT_EQ(results["id.env.HOME"], user_.home);
  EXPECT_EQ(results["id.sid"], results["id.pid"]);
  EXPECT_EQ(results["id.pgid"], results["id.pid"]);
  EXPECT_EQ(results["id.fd.7"], "/dev/null read-write");
  std::vector<std::string> descriptors;
  for (const auto& [key, value] : results) {
    if (key.starts_with("id.fd.")) descriptors.push_back(key);
  }
  EXPECT_THAT(descriptors, ::testing::ElementsAre("id.fd.0", "id.fd.1",
                                                  "id.fd.2", "id.fd.7"));
  EXPECT_THAT(results["id.ns.net"], StartsWith("net:["));
  EXPECT_THAT(results["id.limit.nofile"], HasSubstr(":"));
}

TEST_F(Probe, EveryKindOfEndIsToldApart) {
  const auto run = [&](const char* script, int seconds = 60) {
    return RunAs(user_, {"/bin/sh", "-c", script},
                 {.time_limit = std::chrono::seconds(seconds)})
        .end;
  };
  EXPECT_EQ(run("exit 0"), End(Exited{0}));
  EXPECT_EQ(run("exit 137"), End(Exited{137}));
  EXPECT_EQ(run("kill -KILL $$"), End(Signaled{SIGKILL}));
  EXPECT_EQ(run("sleep 1000", 1), End(TimedOut{}));
}

TEST_F(Probe, StreamsAndInputArePassedOn) {
  const Outcome outcome =
      RunAs(user_, {"sh", "-c", "cat; echo problem >&2"}, {.input = "text"});
  EXPECT_EQ(outcome.out, "text");
  EXPECT_EQ(outcome.err, "problem\n");
  EXPECT_EQ(RunAs(user_, {"cat"}).out, "");
}

TEST_F(Probe, BackgroundTellsLinesAndLeavesNobodyBehind) {
  const std::string mark = "3" + std::to_string(::getpid());
  {
    Background background(
        user_,
        {"/bin/sh", "-c", "sleep " + mark + " & echo one; echo two >&2; wait"});
    EXPECT_EQ(background.WaitForLine("one"), "one");
    EXPECT_EQ(background.WaitForLine("w"), "two");
    EXPECT_GE(ProcessesOf(user_.uid).size(), 2u);
  }
  EXPECT_TRUE(Eventually([&] {
    const Outcome left = RunAs(user_, {"pgrep", "-f", "sleep " + mark});
    return left.out.empty();
  }));
  Background quick(user_, {"/bin/sh", "-c", "echo last"});
  EXPECT_EQ(quick.WaitForLine("never"), std::nullopt);
  EXPECT_EQ(quick.Wait().end, End(Exited{0}));
}

TEST_F(Probe, HomeDirectoryBelongsToTheUser) {
  std::string path;
  {
    const HomeDirectory directory(user_);
    path = directory.path();
    const std::string file = directory.Write("a/b/c.txt", "text", 0600);
    struct stat status{};
    for (const char* part : {"", "/a", "/a/b", "/a/b/c.txt"}) {
      ASSERT_EQ(::stat((path + part).c_str(), &status), 0) << part;
      EXPECT_EQ(status.st_uid, user_.uid) << part;
    }
    EXPECT_EQ(status.st_mode & 0777u, 0600u);
    EXPECT_EQ(RunAs(user_, {"cat", file}).out, "text");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

VerdictRow Row(model::Action expected, uint16_t error) {
  VerdictRow row;
  row.arch = "x86_64";
  row.call.number = 41;
  row.call.args = {40, ~uint64_t{0}};
  row.live = true;
  row.expected = expected;
  row.error = error;
  return row;
}

TEST(VerdictRows, AreJudgedAgainstTheirControl) {
  const VerdictRow denied = Row(model::Action::kQuiet, EPERM);
  EXPECT_EQ(Judge(denied, "EPERM", "EBADF"), LiveFinding::kHolds);
  EXPECT_EQ(Judge(denied, "EPERM", "EPERM"), LiveFinding::kUndecided);
  EXPECT_EQ(Judge(denied, "EBADF", "EBADF"), LiveFinding::kWrong);
  EXPECT_EQ(Judge(denied, "ENOSYS", "EBADF"), LiveFinding::kWrong);
  EXPECT_EQ(Judge(denied, "SIGSYS", "EBADF"), LiveFinding::kWrong);
  const VerdictRow killed = Row(model::Action::kKill, 0);
  EXPECT_EQ(Judge(killed, "SIGSYS", "0"), LiveFinding::kHolds);
  EXPECT_EQ(Judge(killed, "EPERM", "0"), LiveFinding::kWrong);
  EXPECT_EQ(Judge(killed, "0", "0"), LiveFinding::kWrong);
  const VerdictRow allowed = Row(model::Action::kAllow, 0);
  EXPECT_EQ(Judge(allowed, "EBADF", "EBADF"), LiveFinding::kHolds);
  EXPECT_EQ(Judge(allowed, "EPERM", "EPERM"), LiveFinding::kHolds);
  EXPECT_EQ(Judge(allowed, "ESRCH", "0"), LiveFinding::kHolds);
  EXPECT_EQ(Judge(allowed, "EPERM", "0"), LiveFinding::kWrong);
  EXPECT_EQ(Judge(allowed, "SIGSYS", "0"), LiveFinding::kWrong);
}

#if defined(__x86_64__)
TEST(VerdictRows, BecomeOperationsOfThisMachineOnly) {
  VerdictRow row = Row(model::Action::kAllow, 0);
  EXPECT_EQ(ProbeOperation(row), "syscall:41,40,18446744073709551615,0,0,0,0");
  row.arch = "i386";
  EXPECT_EQ(ProbeOperation(row), "int80:41,40,18446744073709551615,0,0,0");
  row.arch = "aarch64";
  EXPECT_EQ(ProbeOperation(row), std::nullopt);
  row.arch = "x86_64";
  row.live = false;
  EXPECT_EQ(ProbeOperation(row), std::nullopt);
}

// The tables' rows outside of any sandbox: none may harm or stop the probe.
TEST_F(Probe, EveryLiveRowCanBeTriedOutside) {
  std::vector<std::string> operations;
  for (const char* level : {"critical", "internal", "public", "untrusted"}) {
    for (const VerdictRow& row :
         LoadVerdicts(SourceDirectory() + "/tests/verdicts", level)) {
      if (const auto operation = ProbeOperation(row)) {
        operations.push_back(*operation);
      }
    }
  }
  EXPECT_GT(operations.size(), 100u);
  const auto results = Try(operations);
  for (const auto& [operation, result] : results) {
    EXPECT_NE(result, "TIMEOUT") << operation;
    EXPECT_THAT(result, ::testing::Not(StartsWith("NOFORK"))) << operation;
  }
}
#endif

}  // namespace
}  // namespace ringfence::live
