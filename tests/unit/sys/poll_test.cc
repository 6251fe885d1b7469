#include "sys/poll.h"

#include <gtest/gtest.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "sys/channel.h"
#include "sys/clock.h"

namespace ringfence::sys {
namespace {

// While it lives, a signal with a handler interrupts this process every 5 ms.
class Interruptions {
 public:
  Interruptions() {
    struct sigaction action{};
    action.sa_handler = [](int) { count = count + 1; };
    ::sigaction(SIGALRM, &action, &before_);
    const itimerval every{.it_interval = {0, 5000}, .it_value = {0, 5000}};
    ::setitimer(ITIMER_REAL, &every, nullptr);
  }
  ~Interruptions() {
    const itimerval never{};
    ::setitimer(ITIMER_REAL, &never, nullptr);
    ::sigaction(SIGALRM, &before_, nullptr);
  }

  static inline volatile sig_atomic_t count = 0;

 private:
  struct sigaction before_{};
};

TEST(Poll, TellsWhatIsReadableAndWhatIsNot) {
  Pipe readable = *MakePipe();
  Pipe empty = *MakePipe();
  ASSERT_EQ(::write(readable.write.get(), "x", 1), 1);
  std::array<pollfd, 2> entries = {
      pollfd{.fd = empty.read.get(), .events = POLLIN, .revents = 0},
      pollfd{.fd = readable.read.get(), .events = POLLIN, .revents = 0}};
  EXPECT_EQ(*Poll(entries, 0), 1u);
  EXPECT_EQ(entries[0].revents, 0);
  EXPECT_EQ(entries[1].revents, POLLIN);
}

TEST(Poll, InterruptedWaitsForTheWholeTimeAndNotForever) {
  Pipe empty = *MakePipe();
  pollfd entry{.fd = empty.read.get(), .events = POLLIN, .revents = 0};
  UniqueFd epoll = *EpollCreate();
  ASSERT_TRUE(EpollAdd(epoll.get(), empty.read.get(), EPOLLIN, 0));
  std::array<epoll_event, 1> events;

  const Interruptions interruptions;
  const auto before = Interruptions::count;
  const uint64_t start = MonotonicMs();
  EXPECT_EQ(*Poll({&entry, 1}, 100), 0u);
  const uint64_t middle = MonotonicMs();
  EXPECT_EQ(*EpollWait(epoll.get(), events, 100), 0u);
  const uint64_t end = MonotonicMs();
  EXPECT_GE(middle - start, 100u);
  EXPECT_GE(end - middle, 100u);
  EXPECT_GT(Interruptions::count, before) << "nothing was interrupted";
}

TEST(Epoll, TagComesBackAndChangesHold) {
  Pipe pipe = *MakePipe();
  UniqueFd epoll = *EpollCreate();
  std::array<epoll_event, 4> events;
  constexpr uint64_t kTag = 0x123456789abcdef0;
  ASSERT_EQ(::write(pipe.write.get(), "x", 1), 1);
  ASSERT_TRUE(EpollAdd(epoll.get(), pipe.read.get(), EPOLLIN, kTag));
  ASSERT_EQ(*EpollWait(epoll.get(), events, 0), 1u);
  // Copies: epoll_event is packed, and a reference would be misaligned.
  EXPECT_EQ(uint64_t{events[0].data.u64}, kTag);
  EXPECT_EQ(uint32_t{events[0].events}, uint32_t{EPOLLIN});
  ASSERT_TRUE(EpollChange(epoll.get(), pipe.read.get(), 0, kTag));
  EXPECT_EQ(*EpollWait(epoll.get(), events, 0), 0u);
  ASSERT_TRUE(EpollChange(epoll.get(), pipe.read.get(), EPOLLIN, 7));
  ASSERT_EQ(*EpollWait(epoll.get(), events, kNoTimeout), 1u);
  EXPECT_EQ(uint64_t{events[0].data.u64}, 7u);
  ASSERT_TRUE(EpollRemove(epoll.get(), pipe.read.get()));
  EXPECT_EQ(*EpollWait(epoll.get(), events, 0), 0u);
  const auto twice = EpollRemove(epoll.get(), pipe.read.get());
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().err, ENOENT);
}

}  // namespace
}  // namespace ringfence::sys
