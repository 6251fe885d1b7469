// Standard streams of which some are terminals, and what no workload may do to
// one.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "live/sandbox.h"
#include "live/terminal.h"
#include "sys/channel.h"

namespace ringfence::live {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Which streams are terminals, and whether one controls the workload.
constexpr char kKinds[] =
    "for n in 0 1 2; do if [ -t $n ]; then echo $n is; else echo $n is not; "
    "fi; done; if (: </dev/tty) 2>/dev/null; then echo controlled; else echo "
    "free; fi; ";

std::string ReadAll(int fd) {
  std::string all;
  char buffer[4096];
  for (ssize_t size; (size = ::read(fd, buffer, sizeof buffer)) > 0;) {
    all.append(buffer, static_cast<size_t>(size));
  }
  return all;
}

std::string Quoted(const std::string& word) {
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

class Mixed : public SandboxTest {
 protected:
  std::vector<std::string> Line(const std::string& script) const {
    return RunLine({Write("kinds", "untrusted", {"/bin/sh", "-c", script})});
  }
};

// `ringfence run x | less`: the terminal is somebody else's, too.
TEST_F(Mixed, OutputToAPipeLeavesTheTerminalCooked) {
  auto pipe = *sys::MakePipe();
  TerminalRun run(user_,
                  Line(std::string(kKinds) + "echo said >&2; read a; "
                                             "echo heard $a"),
                  {.instead = {-1, pipe.write.get(), -1}});
  pipe.write.reset();
  ASSERT_TRUE(run.WaitFor("said\r\n")) << run.output();
  EXPECT_FALSE(run.IsRaw());
  run.Type("word\n");
  EXPECT_EQ(run.Wait(), End(Exited{0}));
  EXPECT_EQ(ReadAll(pipe.read.get()),
            "0 is not\n1 is not\n2 is\nfree\nheard word\n");
}

// A reader such as less(1), which takes keys one by one, gets each of them, and
// the workload lines again when it is gone.
TEST_F(Mixed, WhoTakesKeysGetsThemAll) {
  const std::string pager = home_.Write("pager.py", R"(
import os, termios, tty
terminal = os.open("/dev/tty", os.O_RDWR)
before = termios.tcgetattr(terminal)
tty.setcbreak(terminal)
os.write(terminal, b"takes keys\n")
keys = b""
while len(keys) < 200:
    keys += os.read(terminal, 1000)
termios.tcsetattr(terminal, termios.TCSANOW, before)
os.write(terminal, b"took %d\n" % keys.count(b"k"))
os.write(terminal, os.read(0, 1000))
)");
  std::string command;
  for (const std::string& word : Line("read a; echo heard $a")) {
    command += Quoted(word) + " ";
  }
  TerminalRun run(user_, {"/bin/bash", "-c",
                          command + "| /usr/bin/python3 " + Quoted(pager)});
  ASSERT_TRUE(run.WaitFor("takes keys")) << run.output();
  for (int i = 0; i < 200; ++i) {
    run.Type("k");
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  ASSERT_TRUE(run.WaitFor("took 200")) << run.output();
  run.Type("word\n");
  EXPECT_TRUE(run.WaitFor("heard word")) << run.output();
  EXPECT_EQ(run.Wait(), End(Exited{0}));
}

// The end of a terminal's input (Ctrl-D) is the end of the pipe's.
TEST_F(Mixed, AnEndOfInputIsPassedOn) {
  auto pipe = *sys::MakePipe();
  TerminalRun run(user_, Line("echo up >&2; exec cat"),
                  {.instead = {-1, pipe.write.get(), -1}});
  pipe.write.reset();
  ASSERT_TRUE(run.WaitFor("up\r\n")) << run.output();
  run.Type("line\n\x04");
  EXPECT_EQ(run.Wait(), End(Exited{0}));
  EXPECT_EQ(ReadAll(pipe.read.get()), "line\n");
}

// `producer | ringfence run x`: Ctrl-C is for both.
TEST_F(Mixed, InputFromAPipeLeavesTheTerminalCooked) {
  auto pipe = *sys::MakePipe();
  ASSERT_EQ(::write(pipe.write.get(), "word\n", 5), 5);
  TerminalRun run(user_,
                  Line(std::string(kKinds) +
                       "stty size <&1; read a; echo heard $a; exec sleep 1000"),
                  {.instead = {pipe.read.get(), -1, -1}});
  ASSERT_TRUE(run.WaitFor("heard word\r\n")) << run.output();
  EXPECT_THAT(run.output(),
              HasSubstr("0 is not\r\n1 is\r\n2 is\r\nfree\r\n24 80\r\n"));
  EXPECT_FALSE(run.IsRaw());
  run.Type("\x03");
  EXPECT_EQ(run.Wait(), End(Exited{130})) << run.output();
}

TEST_F(Mixed, ErrorsToAFileStayASession) {
  const std::string path = home_.Write("errors", "");
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  TerminalRun run(user_, Line(std::string(kKinds) + "echo bad >&2"),
                  {.instead = {-1, -1, file.get()}});
  EXPECT_EQ(run.Wait(), End(Exited{0}));
  EXPECT_THAT(run.output(),
              HasSubstr("0 is\r\n1 is\r\n2 is not\r\ncontrolled\r\n"));
  EXPECT_THAT(TextOf(path), HasSubstr("\nbad\n"));
}

// In the background the terminal is the shell's.
TEST_F(Mixed, TheBackgroundLeavesTheTerminalCooked) {
  std::string command;
  for (const std::string& word : Line(std::string(kKinds) + "echo done")) {
    command += Quoted(word) + " ";
  }
  TerminalRun run(user_, {"/bin/bash", "-mc",
                          command + "& sleep 1; stty -a; "
                                    "wait"});
  EXPECT_EQ(run.Wait(), End(Exited{0})) << run.output();
  EXPECT_THAT(run.output(),
              AllOf(HasSubstr("0 is not\r\n1 is\r\n2 is\r\nfree\r\ndone\r\n"),
                    HasSubstr("isig icanon")));
}

// Nobody but a reader of the terminal can be made to type something: neither
// the caller's shell nor a console (CVE-2005-4890 and its many successors).
class Typing : public SandboxTest,
               public ::testing::WithParamInterface<const char*> {
 protected:
  // Tries on each stream and on /dev/tty, and with bits that the kernel cuts.
  static std::string Program() {
    return R"(
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.argtypes = [ctypes.c_long] * 4
text = ctypes.create_string_buffer(b"x")
fds = [0, 1, 2, os.open("/dev/tty", os.O_RDWR)]
for name, cmd in (("TIOCSTI", 0x5412), ("TIOCLINUX", 0x541c)):
    for high in (0, 1 << 32, 0xffffffff << 32, 1 << 63):
        for fd in fds:
            number = cmd | high
            if number >= 1 << 63: number -= 1 << 64
            ctypes.set_errno(0)
            result = libc.syscall(16, fd, number, ctypes.addressof(text))
            word = "0" if result == 0 else errno.errorcode[ctypes.get_errno()]
            print(f"{name}/{high:x}={word}", flush=True)
)";
  }
};

INSTANTIATE_TEST_SUITE_P(In, Typing,
                         ::testing::Values("critical", "internal", "public",
                                           "untrusted"),
                         [](const auto& level) {
                           return std::string(level.param);
                         });

TEST_P(Typing, IntoATerminalIsDenied) {
  const std::string script = home_.Write("type.py", Program());
  TerminalRun inside(
      user_, RunLine({Write(
                 "type", GetParam(), {"/usr/bin/python3", "/work/type.py"}, "",
                 "    - {host: " + script + ", at: /work/type.py}\n")}));
  EXPECT_EQ(inside.Wait(), End(Exited{0})) << inside.output();
  for (const std::string call : {"TIOCSTI", "TIOCLINUX"}) {
    for (const std::string high :
         {"0", "100000000", "ffffffff00000000", "8000000000000000"}) {
      const std::string denied = call + "/" + high + "=EPERM\r\n";
      EXPECT_THAT(inside.output(), HasSubstr(denied)) << GetParam();
    }
    EXPECT_THAT(inside.output(), Not(HasSubstr("=0\r\n")));
  }
  // The control: the same outside is possible, or refused for another reason.
  TerminalRun outside(user_, {"/usr/bin/python3", script});
  EXPECT_EQ(outside.Wait(), End(Exited{0})) << outside.output();
  EXPECT_THAT(outside.output(),
              Not(HasSubstr("TIOCSTI/0=EPERM\r\nTIOCSTI/0=EPERM\r\n")));
}

// What a workload holds is a terminal of its own devpts, not the caller's.
TEST_F(Mixed, TheCallersTerminalIsOutOfReach) {
  TerminalRun inside(user_,
                     Line("stat -Lc 'device %d' /dev/fd/0 /dev/fd/1 /dev/fd/2 "
                          "/dev/pts; ls -1 /dev/pts"));
  EXPECT_EQ(inside.Wait(), End(Exited{0})) << inside.output();
  struct stat caller{};
  ASSERT_EQ(::stat("/dev/pts", &caller), 0);
  EXPECT_THAT(inside.output(),
              AllOf(Not(HasSubstr("device " + std::to_string(caller.st_dev))),
                    HasSubstr("0\r\nptmx\r\n")));
  TerminalRun outside(user_,
                      {"/usr/bin/stat", "-Lc", "device %d", "/dev/fd/0"});
  EXPECT_EQ(outside.Wait(), End(Exited{0}));
  EXPECT_THAT(outside.output(),
              HasSubstr("device " + std::to_string(caller.st_dev)));
}

}  // namespace
}  // namespace ringfence::live
