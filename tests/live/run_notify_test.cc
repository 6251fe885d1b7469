// Readiness (sd_notify(3)), and signals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>

#include "live/sandbox.h"

namespace ringfence::live {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Not;

// A service manager's socket.
class Manager {
 public:
  // A path, or a name of the abstract namespace with '@' in front.
  explicit Manager(const std::string& name, const User& user)
      : socket_(
            ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    std::memcpy(address.sun_path, name.data(), name.size());
    size_t size = offsetof(sockaddr_un, sun_path) + name.size();
    if (name.front() == '@') {
      address.sun_path[0] = '\0';
    } else {
      ++size;
    }
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address),
                     static_cast<socklen_t>(size)),
              0)
        << std::strerror(errno);
    if (name.front() != '@' && ::geteuid() == 0) {
      EXPECT_EQ(::chown(name.c_str(), user.uid, user.gid), 0);
    }
    const int on = 1;
    EXPECT_EQ(
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on),
        0);
  }

  struct Heard {
    std::string text;
    pid_t sender = 0;
    bool descriptor = false;
  };
  // The next datagram; an empty one after ten seconds, or at once with 0.
  Heard Next(int timeout_ms = 10'000) const {
    pollfd entry{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&entry, 1, timeout_ms) <= 0) return {};
    char text[4096];
    iovec data{text, sizeof text};
    alignas(cmsghdr) char control[256];
    msghdr header{};
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    const ssize_t size = ::recvmsg(socket_.get(), &header, MSG_CMSG_CLOEXEC);
    if (size < 0) return {};
    Heard heard{.text = {text, static_cast<size_t>(size)}};
    for (cmsghdr* each = CMSG_FIRSTHDR(&header); each != nullptr;
         each = CMSG_NXTHDR(&header, each)) {
      if (each->cmsg_type == SCM_CREDENTIALS) {
        ucred credentials{};
        std::memcpy(&credentials, CMSG_DATA(each), sizeof credentials);
        heard.sender = credentials.pid;
      } else if (each->cmsg_type == SCM_RIGHTS) {
        heard.descriptor = true;
      }
    }
    return heard;
  }

 private:
  UniqueFd socket_;
};

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
    const Manager manager(name, user_);
    Background service(
        user_,
        RunLine({Sender("print(notify)\n"
                        "send('READY=1\\nMAINPID=1\\nSTATUS=a\\033[2Jb\\n')\n"
                        "send('FDSTORE=1', [0])\n"
                        "send('STOPPING=1')\n"
                        "sys.exit(3)")}),
        {.environment = {{"NOTIFY_SOCKET", name}}});
    const Manager::Heard ready = manager.Next();
    EXPECT_EQ(ready.text, "READY=1\nSTATUS=a\\x1b[2Jb\n");
    // The main process, as far as the manager is concerned.
    EXPECT_EQ(ready.sender, service.pid());
    const Manager::Heard stopping = manager.Next();
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
  const Manager manager(name, user_);
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
  const Manager manager(name, user_);
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
