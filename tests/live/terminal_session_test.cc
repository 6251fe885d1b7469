// `run` on a terminal: a terminal of the sandbox's own, with job control.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "live/sandbox.h"
#include "live/terminal.h"

namespace ringfence::live {
namespace {

using ::testing::HasSubstr;

constexpr char kInterrupt[] = "\x03";
constexpr char kSuspend[] = "\x1a";

class Session : public SandboxTest {
 protected:
  std::string Shell(const std::string& level = "untrusted") const {
    return Write("shell", level, {"/bin/bash", "--norc", "--noprofile", "-i"},
                 "environment: {PS1: 'in> '}\n");
  }
  std::string Script(const std::string& script,
                     const std::string& more = "") const {
    return Write("script", "untrusted", {"/bin/sh", "-c", script}, more);
  }
};

TEST_F(Session, GivesAShellJobControl) {
  TerminalRun shell(user_, RunLine({Shell()}));
  ASSERT_TRUE(shell.WaitFor("in> ")) << shell.output();
  EXPECT_THAT(shell.output(),
              Not(::testing::AnyOf(HasSubstr("job control"),
                                   HasSubstr("terminal process group"))));
  shell.Type("tty; stty size\n");
  EXPECT_TRUE(shell.WaitFor("/dev/pts/0\r\n24 80\r\n")) << shell.output();

  // Ctrl-C ends the program in the foreground, and nothing else.
  // It is there once it says so: a process that was only just forked does not
  // have the terminal yet.
  shell.Type("sh -c 'echo sleeping; exec sleep 1000'; echo ended $?\n");
  ASSERT_TRUE(shell.WaitFor("sleeping\r\n")) << shell.output();
  shell.Type(kInterrupt);
  EXPECT_TRUE(shell.WaitFor("in> ")) << shell.output();

  shell.Type("sh -c 'echo up; read line; echo heard $line'\n");
  ASSERT_TRUE(shell.WaitFor("up\r\n")) << shell.output();
  shell.Type(kSuspend);
  ASSERT_TRUE(shell.WaitFor("Stopped")) << shell.output();
  ASSERT_TRUE(shell.WaitFor("in> "));
  shell.Type("jobs\n");
  EXPECT_TRUE(shell.WaitFor("[1]+  Stopped")) << shell.output();
  shell.Type("fg\nword\n");
  EXPECT_TRUE(shell.WaitFor("heard word\r\n")) << shell.output();
  shell.Type("exit 7\n");
  EXPECT_EQ(shell.Wait(), End(Exited{7})) << shell.output();
}

TEST_F(Session, FollowsTheWindow) {
  TerminalRun run(user_,
                  RunLine({Script("trap 'stty size; exit 0' WINCH; echo ready; "
                                  "while :; do read line; done")}));
  ASSERT_TRUE(run.WaitFor("ready"));
  run.Resize(50, 132);
  EXPECT_TRUE(run.WaitFor("50 132")) << run.output();
  EXPECT_EQ(run.Wait(), End(Exited{0}));
}

TEST_F(Session, StartsWithTheModesOfTheTerminal) {
  TerminalRun run(user_, RunLine({Script("stty -a")}));
  EXPECT_EQ(run.Wait(), End(Exited{0})) << run.output();
  for (const char* mode :
       {"intr = ^C", "susp = ^Z", "\nopost ", "isig icanon iexten echo "}) {
    EXPECT_THAT(run.output(), HasSubstr(mode));
  }
}

TEST_F(Session, KnowsItsTerminalsType) {
  TerminalRun given(user_, RunLine({Script("echo type $TERM")}));
  EXPECT_EQ(given.Wait(), End(Exited{0}));
  EXPECT_THAT(given.output(), HasSubstr("type dumb\r\n"));
  TerminalRun own(
      user_,
      RunLine({Script("echo type $TERM", "environment: {TERM: vt100}\n")}));
  EXPECT_EQ(own.Wait(), End(Exited{0}));
  EXPECT_THAT(own.output(), HasSubstr("type vt100\r\n"));
  const Outcome none = Run({Script("echo type $TERM")});
  EXPECT_EQ(none.out, "type\n");
}

TEST_F(Session, PutsTheTerminalBack) {
  struct Case {
    const char* name;
    const char* script;
    int signal;
    End end;
  };
  const Case cases[] = {
      {"it exits", "echo ready; read line; exit 3", 0, Exited{3}},
      {"it is stopped", "echo ready; exec sleep 1000", SIGTERM, Exited{143}},
      {"it is killed", "echo ready; read line; kill -KILL $$", 0, Exited{137}},
      {"it is interrupted from outside", "echo ready; exec sleep 1000", SIGINT,
       Exited{130}},
  };
  for (const Case& each : cases) {
    TerminalRun run(user_, RunLine({Script(each.script)}));
    const termios before = run.Modes();
    EXPECT_FALSE(run.IsRaw());
    ASSERT_TRUE(run.WaitFor("ready")) << each.name << run.output();
    EXPECT_TRUE(run.IsRaw()) << each.name;
    if (each.signal != 0) {
      run.Signal(each.signal);
    } else {
      run.Type("\n");
    }
    EXPECT_EQ(run.Wait(), each.end) << each.name << run.output();
    EXPECT_TRUE(run.Modes() == before) << each.name;
  }
}

TEST_F(Session, LeavesTheTerminalOfARefusedLaunchAlone) {
  TerminalRun run(user_,
                  RunLine({Write("none", "untrusted", {"/usr/bin/none"})}));
  const termios before = run.Modes();
  EXPECT_EQ(run.Wait(), End(Exited{127}));
  EXPECT_TRUE(run.Modes() == before);
  // And its lines begin at the left.
  EXPECT_THAT(run.output(), HasSubstr("\r\nringfence:   help: "));
}

// What Ringfence says while the terminal is raw begins at the left, too.
TEST_F(Session, KeepsItsOwnLinesStraight) {
  TerminalRun run(
      user_, RunLine({Write("denied", "untrusted",
                            {"/opt/probe", "syscall:ptrace", "sleep:1"})}));
  (void)run.Wait();
  const std::string& all = run.output();
  for (size_t at = all.find('\n'); at != std::string::npos;
       at = all.find('\n', at + 1)) {
    EXPECT_EQ(all[at - 1], '\r') << all;
  }
}

TEST_F(Session, EndsWithTheTerminal) {
  TerminalRun run(user_, RunLine({Script("echo ready; exec sleep 1000")}));
  ASSERT_TRUE(run.WaitFor("ready"));
  run.Signal(SIGHUP);  // what the kernel sends when a terminal goes
  EXPECT_EQ(run.Wait(), End(Exited{129})) << run.output();
}

// One who leaves processes behind that hold the terminal, and one who lets go
// of everything.
TEST_F(Session, HangsOnNobody) {
  TerminalRun left(user_, RunLine({Script("sleep 1000 & setsid sleep 1000 & "
                                          "echo left; exit 5")}));
  EXPECT_EQ(left.Wait(), End(Exited{5})) << left.output();
  EXPECT_THAT(left.output(), HasSubstr("left\r\n"));
  TerminalRun closed(user_,
                     RunLine({Write("closed", "untrusted",
                                    {"/usr/bin/python3", "-c",
                                     "import os, time; os.write(1, b'bye'); "
                                     "os.closerange(0, 1024); time.sleep(0.5); "
                                     "os._exit(6)"})}));
  EXPECT_EQ(closed.Wait(), End(Exited{6})) << closed.output();
  EXPECT_THAT(closed.output(), HasSubstr("bye"));
}

// A terminal that nobody reads holds the output up, and can be given up.
TEST_F(Session, WaitsForAReaderUntilItIsStopped) {
  TerminalRun run(
      user_,
      RunLine({Script("echo ready; seq 1 100000", "stop: {grace: 1s}\n")}));
  ASSERT_TRUE(run.WaitFor("ready"));
  EXPECT_FALSE(run.EndsUnread(std::chrono::milliseconds(500)));
  run.Signal(SIGTERM);
  EXPECT_TRUE(run.EndsUnread(std::chrono::seconds(20)));
  EXPECT_FALSE(run.IsRaw());
}

// 64 MiB, to a reader that is slower than the writer; compared as a whole,
// since a matcher would look for the difference.
TEST_F(Session, LosesNothingAndKeepsNothing) {
  constexpr size_t kSize = size_t{64} << 20;
  TerminalRun run(user_, RunLine({Script("stty raw; echo begins; exec seq "
                                         "1 100000000 | head -c 67108864")}));
  ASSERT_TRUE(run.WaitFor("begins\n"));
  const size_t from = run.output().find("begins\n") + 7;
  EXPECT_EQ(run.Wait(), End(Exited{0}));
  std::string expected;
  expected.reserve(kSize + 16);
  for (int i = 1; expected.size() < kSize; ++i) {
    expected += std::to_string(i) + "\n";
  }
  expected.resize(kSize);
  EXPECT_TRUE(run.output().substr(from) == expected)
      << run.output().size() - from << " bytes came";
  EXPECT_LT(run.peak_kib(), 16 * 1024) << "KiB for the supervisor";
}

}  // namespace
}  // namespace ringfence::live
