#include "sys/pidfd.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace ringfence::sys {
namespace {

pid_t Sleeper() {
  const pid_t child = ::fork();
  if (child == 0) {
    for (;;) ::pause();
  }
  return child;
}

TEST(ParseStartTime, TheNameMayHoldParenthesesAndSpaces) {
  const std::string tail =
      " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20 21\n";
  EXPECT_EQ(ParseStartTime("12 (cat)" + tail), 4242u);
  EXPECT_EQ(ParseStartTime("12 (a) R 9 (b)" + tail), 4242u);
  EXPECT_EQ(ParseStartTime("12 (\n) )" + tail), 4242u);
}

TEST(ParseStartTime, EveryPrefixIsAnErrorOrTheWholeNumber) {
  const std::string text =
      "12 (cat) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20";
  for (size_t length = 0; length < text.size(); ++length) {
    const auto ticks = ParseStartTime(text.substr(0, length));
    if (ticks) {
      EXPECT_EQ(*ticks, 4242u) << length;
    } else {
      EXPECT_EQ(ticks.error().err, EBADMSG);
    }
  }
  EXPECT_EQ(ParseStartTime(text), 4242u);
}

TEST(StartTime, IsTheSameEachTimeAndLaterForAChild) {
  const auto own = StartTime(::getpid());
  ASSERT_TRUE(own);
  EXPECT_EQ(StartTime(::getpid()), *own);
  const pid_t child = Sleeper();
  const auto childs = StartTime(child);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ASSERT_TRUE(childs);
  EXPECT_GE(*childs, *own);
}

TEST(OpenIfAlive, ALivingProcessWithItsStartTimeIsFound) {
  const pid_t child = Sleeper();
  const Process process{child, StartTime(child).value()};
  auto alive = OpenIfAlive(process);
  ASSERT_TRUE(alive);
  EXPECT_TRUE(*alive);
  EXPECT_EQ(WaitForExit(alive->get(), 0), false);

  // The same number and another start: a different process.
  const auto other = OpenIfAlive({child, process.start_time + 1});
  ASSERT_TRUE(other);
  EXPECT_FALSE(*other);

  ASSERT_TRUE(PidfdSendSignal(alive->get(), SIGKILL));
  EXPECT_EQ(WaitForExit(alive->get(), -1), true);
  // A zombie is dead.
  const auto zombie = OpenIfAlive(process);
  ASSERT_TRUE(zombie);
  EXPECT_FALSE(*zombie);
  ::waitpid(child, nullptr, 0);
  const auto gone = OpenIfAlive(process);
  ASSERT_TRUE(gone);
  EXPECT_FALSE(*gone);
  const auto sent = PidfdSendSignal(alive->get(), SIGKILL);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().err, ESRCH);
}

TEST(OpenIfAlive, NoProcessIsDead) {
  const auto none = OpenIfAlive({});
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
}

}  // namespace
}  // namespace ringfence::sys
