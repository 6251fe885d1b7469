#include "sys/lock.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "sys/file.h"

namespace ringfence::sys {
namespace {

constexpr Range kByte{off_t{1} << 41, 1};
constexpr Range kAround{(off_t{1} << 41) - 8, 16};

class LockTest : public testing::Test {
 protected:
  void SetUp() override {
    auto first = Open("/tmp", O_TMPFILE | O_RDWR, 0600);
    ASSERT_TRUE(first);
    first_ = std::move(*first);
    second_ = Reopen(O_RDWR);
  }
  UniqueFd Reopen(int flags) {
    const std::string path = "/proc/self/fd/" + std::to_string(first_.get());
    auto fd = Open(path.c_str(), flags);
    EXPECT_TRUE(fd);
    return std::move(*fd);
  }
  UniqueFd first_;
  UniqueFd second_;
};

TEST_F(LockTest, AWriteLockKeepsEverybodyElseOut) {
  EXPECT_EQ(SetLock(second_.get(), LockKind::kWrite, kByte), true);
  EXPECT_EQ(SetLock(first_.get(), LockKind::kRead, kByte), false);
  ASSERT_TRUE(Unlock(second_.get(), kByte));
  EXPECT_EQ(SetLock(first_.get(), LockKind::kRead, kByte), true);
}

TEST_F(LockTest, ReadLocksShare) {
  EXPECT_EQ(SetLock(first_.get(), LockKind::kRead, kByte), true);
  EXPECT_EQ(SetLock(second_.get(), LockKind::kRead, kByte), true);
  EXPECT_EQ(SetLock(second_.get(), LockKind::kWrite, kByte), false);
}

TEST_F(LockTest, AskingTellsWhatIsHeldAndTakesNothing) {
  ASSERT_EQ(SetLock(first_.get(), LockKind::kRead, kByte), true);
  EXPECT_EQ(GetLock(second_.get(), LockKind::kWrite, kAround), kByte);
  EXPECT_EQ(GetLock(second_.get(), LockKind::kRead, kAround), std::nullopt);
  // One's own locks are not in one's own way.
  EXPECT_EQ(GetLock(first_.get(), LockKind::kWrite, kAround), std::nullopt);
}

TEST_F(LockTest, WhoeverHoldsItItIsLocked) {
  EXPECT_EQ(IsLocked(first_.get(), kAround), false);
  for (const LockKind kind : {LockKind::kRead, LockKind::kWrite}) {
    ASSERT_EQ(SetLock(first_.get(), kind, kByte), true);
    EXPECT_EQ(IsLocked(first_.get(), kAround), true);
    EXPECT_EQ(IsLocked(second_.get(), kByte), true);
    EXPECT_EQ(IsLocked(first_.get(), {kByte.start + 1, 1}), false);
    ASSERT_TRUE(Unlock(first_.get(), kByte));
    EXPECT_EQ(IsLocked(first_.get(), kAround), false);
  }
}

TEST_F(LockTest, ALockLivesUntilTheLastCopyOverForkIsClosed) {
  ASSERT_EQ(SetLock(second_.get(), LockKind::kWrite, kByte), true);
  int gate[2];
  ASSERT_EQ(::pipe2(gate, O_CLOEXEC), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    char c = 0;
    ::close(gate[1]);
    (void)!::read(gate[0], &c, 1);
    ::_exit(0);
  }
  ::close(gate[0]);
  second_.reset();
  EXPECT_EQ(SetLock(first_.get(), LockKind::kWrite, kByte), false);
  ::close(gate[1]);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_EQ(SetLock(first_.get(), LockKind::kWrite, kByte), true);
}

TEST_F(LockTest, AReadOnlyDescriptorTakesNoWriteLock) {
  const UniqueFd reader = Reopen(O_RDONLY);
  EXPECT_EQ(SetLock(reader.get(), LockKind::kRead, kByte), true);
  const auto write = SetLock(reader.get(), LockKind::kWrite, kByte);
  ASSERT_FALSE(write);
  EXPECT_EQ(write.error().err, EBADF);
}

}  // namespace
}  // namespace ringfence::sys
