// How `ringfence run` ends, and what it says: the exit codes and the status.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <csignal>
#include <filesystem>

#include "live/sandbox.h"

namespace ringfence::live {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Run : public SandboxTest {
 protected:
  std::string StatusPath() const { return home_.path() + "/status.json"; }
};

TEST_F(Run, EndsWithTheWorkloadsOwnCode) {
  for (const int code : {0, 1, 42, 120, 255}) {
    const Outcome outcome =
        RunAs(user_,
              RunLine({"--trust", "untrusted", "--status-file", StatusPath(),
                       "--", "/bin/sh", "-c", "exit " + std::to_string(code)}));
    EXPECT_EQ(outcome.end, End(Exited{code})) << outcome;
    EXPECT_THAT(TextOf(StatusPath()),
                AllOf(HasSubstr("\"event\":\"started\""),
                      HasSubstr("\"cause\":\"exited\""),
                      HasSubstr("\"value\":" + std::to_string(code))));
  }
}

TEST_F(Run, EndsWith128AndTheSignal) {
  for (const int signal : {SIGKILL, SIGSEGV, SIGTERM}) {
    const Outcome outcome =
        RunAs(user_, RunLine({"--trust", "public", "--", "/bin/sh", "-c",
                              "kill -" + std::to_string(signal) + " $$"}));
    EXPECT_EQ(outcome.end, End(Exited{128 + signal})) << outcome;
  }
}

TEST_F(Run, SaysThatTheFilterKilled) {
  // getpid of x32.
  const std::string file =
      Write("killed", "untrusted", {"/opt/probe", "syscall:1073741863"});
  const Outcome outcome = Run::SandboxTest::Run({file});
  EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  EXPECT_EQ(ProbeResults(outcome.out).at("syscall:1073741863"), "SIGSYS");
}

TEST_F(Run, HandsArgumentsAndStreamsThrough) {
  const std::string file = Write(
      "echo", "untrusted", {"/bin/sh", "-c", "cat; echo \"$@\" >&2", "sh"});
  const Outcome outcome = SandboxTest::Run({file, "--", "--help", "a b", "-v"},
                                           {.input = "from standard input\n"});
  EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  EXPECT_EQ(outcome.out, "from standard input\n");
  EXPECT_THAT(outcome.err, HasSubstr("--help a b -v\n"));
}

// A regular file is never handed over: it could be opened again through
// /proc/self/fd. It is read and written all the same.
TEST_F(Run, CopiesToAndFromRegularFiles) {
  const std::string input = home_.Write("in", std::string(300'000, 'x'));
  const Outcome outcome =
      RunAs(user_, {"/bin/sh", "-c",
                    ringfence_ +
                        " run --trust untrusted -- /bin/sh -c "
                        "'readlink /proc/self/fd/0 /proc/self/fd/1; cat' <" +
                        input + " >>" + home_.path() + "/out"});
  EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  const std::string out = TextOf(home_.path() + "/out");
  EXPECT_THAT(out.substr(0, 40), HasSubstr("pipe:"));
  EXPECT_THAT(out.substr(out.size() - 300'000), std::string(300'000, 'x'));
}

TEST_F(Run, StopsAtTheTimeLimit) {
  const std::string file = Write("slow", "untrusted", {"/usr/bin/sleep", "600"},
                                 "time_limit: 1s\nstop: {grace: 1s}\n");
  const Outcome outcome =
      SandboxTest::Run({"--status-file", StatusPath(), file});
  EXPECT_EQ(outcome.end, End(Exited{124})) << outcome;
  EXPECT_THAT(TextOf(StatusPath()), HasSubstr("\"cause\":\"time-limit\""));
}

TEST_F(Run, AsksToStopAndThenKills) {
  // Ignores the signal; the shell itself stays.
  const std::string file = Write(
      "stubborn", "untrusted",
      {"/bin/sh", "-c", "trap '' TERM; echo up; while :; do sleep 1; done"},
      "stop: {signal: SIGTERM, grace: 1s}\n");
  Background running(user_, RunLine({file}));
  ASSERT_TRUE(running.WaitForLine("up"));
  running.Signal(SIGTERM);
  EXPECT_EQ(running.Wait().end, End(Exited{128 + SIGKILL}));
}

TEST_F(Run, StopsByName) {
  const std::string file = Write(
      "polite", "untrusted",
      {"/bin/sh", "-c",
       "trap 'echo bye; exit 7' INT; echo up; while :; do sleep 0.1; done"},
      "stop: {signal: SIGINT, grace: 10s}\n");
  Background running(user_, RunLine({file}));
  ASSERT_TRUE(running.WaitForLine("up"));
  const Outcome listed = Ringfence({"ps"});
  EXPECT_THAT(listed.out, AllOf(HasSubstr("polite"), HasSubstr("untrusted")));
  EXPECT_EQ(Ringfence({"stop", "polite"}).end, End(Exited{0}));
  const Outcome outcome = running.Wait();
  EXPECT_EQ(outcome.end, End(Exited{7})) << outcome;
  EXPECT_THAT(outcome.out, HasSubstr("bye"));
  EXPECT_THAT(Ringfence({"ps"}).out, Not(HasSubstr("polite")));
  EXPECT_EQ(Ringfence({"stop", "polite"}).end, End(Exited{123}));
}

TEST_F(Run, ForwardsSignals) {
  const std::string file = Write(
      "listener", "untrusted",
      {"/bin/sh", "-c",
       "trap 'echo got-hup' HUP; trap 'exit 3' USR1; echo up; while :; do "
       "sleep 0.1; done"});
  Background running(user_, RunLine({file}));
  ASSERT_TRUE(running.WaitForLine("up"));
  running.Signal(SIGHUP);
  ASSERT_TRUE(running.WaitForLine("got-hup"));
  running.Signal(SIGUSR1);
  EXPECT_EQ(running.Wait().end, End(Exited{3}));
}

TEST_F(Run, RefusesTheWrongNeighbourAndSaysWho) {
  Background first(user_,
                   RunLine({Write("holder", "public",
                                  {"/bin/sh", "-c", "echo up; sleep 600"})}));
  ASSERT_TRUE(first.WaitForLine("up"));
  const std::string marker = home_.Make("marker", 0777);
  const Outcome refused =
      RunAs(user_, RunLine({"--status-file", StatusPath(), "--trust",
                            "untrusted", "--write", marker + ":/data/marker",
                            "--", "/usr/bin/touch", "/data/marker/ran"}));
  EXPECT_EQ(refused.end, End(Exited{120})) << refused;
  EXPECT_THAT(refused.err, AllOf(HasSubstr("holder"), HasSubstr("public"),
                                 HasSubstr("untrusted")));
  EXPECT_FALSE(std::filesystem::exists(marker + "/ran"));
  EXPECT_THAT(TextOf(StatusPath()), AllOf(HasSubstr("\"event\":\"refused\""),
                                          HasSubstr("\"exit_code\":120")));
  EXPECT_EQ(Ringfence({"why", "untrusted"}).end, End(Exited{120}));
  // One of the same level may join it.
  const Outcome second =
      RunAs(user_, RunLine({"--trust", "public", "--", "/usr/bin/true"}));
  EXPECT_EQ(second.end, End(Exited{0})) << second;
  first.Signal(SIGTERM);
  (void)first.Wait();
  const Outcome later = RunAs(
      user_,
      RunLine({"--trust", "untrusted", "--write", marker + ":/data/marker",
               "--", "/usr/bin/touch", "/data/marker/ran"}));
  EXPECT_EQ(later.end, End(Exited{0})) << later;
  EXPECT_TRUE(std::filesystem::exists(marker + "/ran"));
}

TEST_F(Run, RefusesRoot) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to try it";
  const Outcome outcome =
      RunAs({"root", 0, 0, "/root"},
            RunLine({"--trust", "untrusted", "--", "/usr/bin/true"}));
  EXPECT_EQ(outcome.end, End(Exited{121})) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("root may not run workloads"));
}

TEST_F(Run, SaysWhatIsNotThere) {
  const Outcome no_program = RunAs(
      user_, RunLine({"--trust", "untrusted", "--", "/usr/bin/no-such-thing"}));
  EXPECT_EQ(no_program.end, End(Exited{127})) << no_program;
  const Outcome not_executable =
      RunAs(user_, RunLine({"--trust", "untrusted", "--", "/usr/share/dict"}));
  EXPECT_THAT(not_executable.end,
              testing::AnyOf(End(Exited{126}), End(Exited{127})))
      << not_executable;
  const Outcome data = RunAs(
      user_, RunLine({"--trust", "untrusted", "--", "/usr/lib/os-release"}));
  EXPECT_EQ(data.end, End(Exited{126})) << data;
  const Outcome no_path = RunAs(
      user_,
      RunLine({"--trust", "untrusted", "--read",
               home_.path() + "/nothing:/work/x", "--", "/usr/bin/true"}));
  EXPECT_EQ(no_path.end, End(Exited{123})) << no_path;
  EXPECT_THAT(no_path.err, HasSubstr("/nothing"));
  const Outcome no_file = SandboxTest::Run({home_.path() + "/nothing.yaml"});
  EXPECT_EQ(no_file.end, End(Exited{123})) << no_file;
}

TEST_F(Run, RefusesATakenPort) {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address),
                   sizeof address),
            0);
  ASSERT_EQ(::listen(socket.get(), 1), 0);
  socklen_t size = sizeof address;
  ASSERT_EQ(
      ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size),
      0);
  const std::string port = std::to_string(ntohs(address.sin_port));
  const Outcome outcome =
      RunAs(user_, RunLine({"--trust", "public", "--listen",
                            "127.0.0.1:" + port, "--", "/usr/bin/true"}));
  EXPECT_EQ(outcome.end, End(Exited{123})) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr(port));
}

}  // namespace
}  // namespace ringfence::live
