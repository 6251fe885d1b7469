// The steps that only a launch on a terminal, or under a service manager, has:
// each is made to fail, and to succeed without effect. The program must never
// have run, and the terminal must be as it was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "live/fault.h"
#include "live/terminal.h"

namespace ringfence::live {
namespace {

class TerminalFault : public FaultTest {
 protected:
  TerminalFault() : manager_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    const std::string path = home_.path() + "/manager";
    std::memcpy(address.sun_path, path.data(), path.size());
    EXPECT_EQ(::bind(manager_.get(), reinterpret_cast<sockaddr*>(&address),
                     sizeof address),
              0);
    EXPECT_EQ(::chmod(path.c_str(), 0666), 0);
  }

  struct Seen {
    End end;
    std::string output;
    bool ran = false;
    bool same_modes = false;
    std::string report;
  };
  Seen OnTerminal(const std::vector<std::string>& options) const {
    std::filesystem::remove(folder_ + "/ran");
    const std::string report = home_.path() + "/report";
    std::vector<std::string> line = {
        "/usr/bin/env", "NOTIFY_SOCKET=" + home_.path() + "/manager", inject_,
        "--report", report};
    line.insert(line.end(), options.begin(), options.end());
    line.insert(line.end(), {"--", ringfence_, "run", bundle_});
    TerminalRun run(user_, line);
    const termios before = run.Modes();
    const End end = run.Wait();
    Seen seen{end, run.output(), std::filesystem::exists(folder_ + "/ran"),
              run.Modes() == before, TextOf(report)};
    ExpectNothingLeft();
    return seen;
  }

  const UniqueFd manager_;
};

std::vector<std::string> Ioctl(unsigned long command) {
  return {"--arg", "1=" + std::to_string(command)};
}

TEST_F(TerminalFault, InANewStepMeansThatNothingRan) {
  const Seen clean = OnTerminal({});
  EXPECT_EQ(clean.end, End(Exited{0})) << clean.output;
  EXPECT_TRUE(clean.ran && clean.same_modes);

  const std::vector<std::string> unix_family = {"--arg",
                                                "0=" + std::to_string(AF_UNIX)};
  const struct {
    Target target;
    Effect effect;
    const char* says;
  } rows[] = {
      {{kInit, SYS_socket, 1, unix_family}, Fails{}, "socket"},
      {{kInit, SYS_fchdir, 1, {}}, Fails{}, "fchdir"},
      {{kInit, SYS_bind, 1, {}}, Fails{}, "bind"},
      {{kInit, SYS_bind, 1, {}}, Returns{0}, "no socket"},
      {{kInit, SYS_ioctl, 1, Ioctl(TIOCSPTLCK)}, Fails{}, "TIOCSPTLCK"},
      {{kInit, SYS_ioctl, 1, Ioctl(TIOCSPTLCK)}, Returns{0}, "TIOCGPTPEER"},
      {{kInit, SYS_ioctl, 1, Ioctl(TIOCGPTPEER)}, Fails{}, "TIOCGPTPEER"},
      {{kInit, SYS_ioctl, 1, Ioctl(TCSETS)}, Fails{}, "tcsetattr"},
      {{kInit, SYS_ioctl, 1, Ioctl(TIOCSWINSZ)}, Fails{}, "TIOCSWINSZ"},
      {{kInit, SYS_dup2, 4, {}}, Fails{}, "dup2"},
      {{kInit, SYS_dup2, 4, {}}, ReturnsArgument{1}, "dup2 had no effect"},
      {{kInit, SYS_dup2, 5, {}}, ReturnsArgument{1}, "dup2 had no effect"},
      {{kInit, SYS_dup2, 6, {}}, ReturnsArgument{1}, "dup2 had no effect"},
      {{kWorkload, SYS_ioctl, 1, Ioctl(TIOCSCTTY)}, Fails{}, "TIOCSCTTY"},
      {{kWorkload, SYS_ioctl, 1, Ioctl(TIOCSCTTY)}, Returns{0}, "TIOCGSID"},
      {{kWorkload, SYS_ioctl, 1, Ioctl(TIOCGSID)}, Fails{}, "TIOCGSID"},
      {{kWorkload, SYS_ioctl, 1, Ioctl(TIOCGSID)},
       Returns{0},
       "does not control the workload"},
      {{kSupervisor, SYS_ioctl, 1, Ioctl(TIOCGWINSZ)}, Fails{}, "TIOCGWINSZ"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(Describe(row.target) + " " + row.says);
    const Seen seen = OnTerminal(OptionsOf(row.target, row.effect));
    EXPECT_THAT(seen.report, ::testing::HasSubstr("hits 1"));
    EXPECT_FALSE(seen.ran);
    EXPECT_TRUE(seen.same_modes);
    EXPECT_THAT(seen.output, ::testing::HasSubstr("refused: "));
    EXPECT_THAT(seen.output, ::testing::HasSubstr(row.says));
  }
}

}  // namespace
}  // namespace ringfence::live
