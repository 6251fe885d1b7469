// Readiness (sd_notify(3)), and signals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "live/sandbox.h"
#include "live/service_manager.h"

namespace ringfence::live {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Not;

// What libsystemd does.
constexpr char kSend[] = R"(
import os, socket, sys
notify = os.environ.get("NOTIFY_SOCKET")
def send(text, fds=()):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.connect(notify)
    socket.send_fds(s, [text.encode()], list(fds))
)";

class Python : public SandboxTest {
 protected:
  std::string Script(const std::string& script,
                     const std::string& more = "") const {
    return Write("service", "untrusted",
                 {"/usr/bin/python3", "-u", "/work/service.py"}, more,
                 "    - {host: " + home_.Write("service.py", script) +
                     ", at: /work/service.py}\n");
  }
};

class Notifying : public Python {
 protected:
  std::string Sender(const std::string& script,
                     const std::string& more = "") const {
    return Script(kSend + script, more);
  }
};

TEST_F(Notifying, PassesReadinessOn) {
  for (const std::string& name :
       {home_.path() + "/manager", "@ringfence-test-" + user_.name}) {
    const ServiceManager manager(name, user_);
    Background service(
        user_,
        RunLine({Sender("print(notify)\n"
                        "send('READY=1\\nMAINPID=1\\nSTATUS=a\\033[2Jb\\n')\n"
                        "send('FDSTORE=1', [0])\n"
                        "send('STOPPING=1')\n"
                        "sys.exit(3)")}),
        {.environment = {{"NOTIFY_SOCKET", name}}});
    const ServiceManager::Heard ready = manager.Next();
    EXPECT_EQ(ready.text, "READY=1\nSTATUS=a\\x1b[2Jb\n");
    // The main process, as far as the manager is concerned.
    EXPECT_EQ(ready.sender, service.pid());
    const ServiceManager::Heard stopping = manager.Next();
    EXPECT_EQ(stopping.text, "STOPPING=1\n");
    EXPECT_FALSE(stopping.descriptor);
    const Outcome outcome = service.Wait();
    EXPECT_EQ(outcome.end, End(Exited{3})) << outcome;
    EXPECT_EQ(outcome.out, "/dev/notify\n");
    EXPECT_EQ(manager.Next(0).text, "");
  }
}

// systemd-notify waits until what it sent has been looked at.
TEST_F(Notifying, AnswersABarrier) {
  const std::string name = home_.path() + "/manager";
  const ServiceManager manager(name, user_);
  const Outcome outcome = RunAs(
      user_,
      RunLine({Sender("r, w = os.pipe()\n"
                      "send('READY=1')\n"
                      "send('BARRIER=1', [w, w, w])\n"
                      "os.close(w)\n"
                      "print('closed' if os.read(r, 1) == b'' else '')")}),
      {.environment = {{"NOTIFY_SOCKET", name}}});
  EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  EXPECT_EQ(outcome.out, "closed\n");
  EXPECT_EQ(manager.Next().text, "READY=1\n");
}

TEST_F(Notifying, IsNotThereWhereNobodyWaits) {
  const Outcome outcome =
      Run({Sender("print(notify, os.path.exists('/dev/notify'))")});
  EXPECT_EQ(outcome.out, "None False\n") << outcome;
}

TEST_F(Notifying, SaysThatNobodyCanBeReached) {
  for (const char* name : {"/nonexistent/socket", "relative", "vsock:2:1"}) {
    const Outcome outcome = RunAs(user_, RunLine({Sender("print(notify)")}),
                                  {.environment = {{"NOTIFY_SOCKET", name}}});
    EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
    EXPECT_EQ(outcome.out, "None\n");
    EXPECT_THAT(outcome.err,
                HasSubstr(std::string("readiness is not passed on: "
                                      "NOTIFY_SOCKET=") +
                          name));
  }
}

TEST_F(Notifying, AFloodReachesNobody) {
  const std::string name = home_.path() + "/manager";
  const ServiceManager manager(name, user_);
  const Outcome outcome =
      RunAs(user_,
            RunLine({Sender("for i in range(20000): send(f'STATUS={i}')\n"
                            "send('STATUS=' + 'x' * 100000)\n"
                            "print('done')")}),
            {.environment = {{"NOTIFY_SOCKET", name}}});
  EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  EXPECT_EQ(outcome.out, "done\n");
  EXPECT_THAT(outcome.err, HasSubstr("not every notification"));
  int heard = 0;
  while (!manager.Next(0).text.empty()) ++heard;
  EXPECT_GT(heard, 0);
  EXPECT_THAT(heard, Le(500));
}

TEST_F(Notifying, TheVariableIsRingfences) {
  const Outcome outcome =
      Run({Sender("", "environment: {NOTIFY_SOCKET: /x}\n")});
  EXPECT_EQ(outcome.end, End(Exited{122})) << outcome;
}

class Signals : public Python {};

TEST_F(Signals, ArePassedOnOneByOne) {
  const std::string file = Script(
      "import signal\n"
      "names = [signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, "
      "signal.SIGUSR2, signal.SIGWINCH, signal.SIGCONT]\n"
      "signal.pthread_sigmask(signal.SIG_BLOCK, names)\n"
      "print('up')\n"
      "while True: print('got', signal.Signals(signal.sigwait(names)).name)\n");
  Background running(user_, RunLine({file}));
  ASSERT_TRUE(running.WaitForLine("up"));
  const std::pair<int, const char*> signals[] = {
      {SIGINT, "SIGINT"},   {SIGHUP, "SIGHUP"},   {SIGQUIT, "SIGQUIT"},
      {SIGUSR1, "SIGUSR1"}, {SIGUSR2, "SIGUSR2"}, {SIGWINCH, "SIGWINCH"},
      {SIGCONT, "SIGCONT"}, {SIGINT, "SIGINT"}};
  std::string expected = "up\n";
  for (const auto& [signal, name] : signals) {
    running.Signal(signal);
    expected += std::string("got ") + name + "\n";
    EXPECT_TRUE(Eventually([&] { return running.out() == expected; }))
        << running.out();
  }
}

// Ctrl-C a second time is a second SIGINT, not an end.
TEST_F(Signals, TwiceIsTwice) {
  const std::string file =
      Write("patient", "untrusted",
            {"/bin/sh", "-c",
             "n=0; trap 'n=$((n+1)); echo int $n; [ $n -lt 2 ] || exit 9' INT; "
             "echo up; while :; do sleep 0.1; done"});
  Background running(user_, RunLine({file}));
  ASSERT_TRUE(running.WaitForLine("up"));
  running.Signal(SIGINT);
  ASSERT_TRUE(running.WaitForLine("int 1"));
  running.Signal(SIGINT);
  const Outcome outcome = running.Wait();
  EXPECT_EQ(outcome.end, End(Exited{9})) << outcome;
}

// But who asks for a stop twice does not want to wait for the grace.
TEST_F(Signals, ASecondStopKillsAtOnce) {
  const std::string file =
      Write("stubborn", "untrusted",
            {"/bin/sh", "-c",
             "trap 'echo heard' TERM; echo up; while :; do sleep 0.1; "
             "done"},
            "stop: {grace: 10m}\n");
  Background running(user_, RunLine({file}));
  ASSERT_TRUE(running.WaitForLine("up"));
  running.Signal(SIGTERM);
  ASSERT_TRUE(running.WaitForLine("heard"));
  running.Signal(SIGTERM);
  EXPECT_EQ(running.Wait().end, End(Exited{128 + SIGKILL}));
}

}  // namespace
}  // namespace ringfence::live
