#include "base/unique_fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <type_traits>
#include <utility>

namespace ringfence {
namespace {

int OpenNull() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

bool IsOpen(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

static_assert(!std::is_copy_constructible_v<UniqueFd>);
static_assert(std::is_nothrow_move_constructible_v<UniqueFd>);

TEST(UniqueFdTest, HoldsNothingAtFirst) {
  const UniqueFd fd;
  EXPECT_FALSE(fd);
  EXPECT_EQ(fd.get(), -1);
}

TEST(UniqueFdTest, ClosesAtTheEndOfItsScope) {
  int number = -1;
  {
    const UniqueFd fd(OpenNull());
    number = fd.get();
    ASSERT_TRUE(IsOpen(number));
  }
  EXPECT_FALSE(IsOpen(number));
}

// Zero is a descriptor like any other.
TEST(UniqueFdTest, ZeroIsHeld) {
  UniqueFd fd(0);
  EXPECT_TRUE(fd);
  EXPECT_EQ(fd.release(), 0);
}

TEST(UniqueFdTest, ReleaseGivesItUpOpen) {
  UniqueFd fd(OpenNull());
  const int number = fd.release();
  EXPECT_FALSE(fd);
  fd.reset();
  EXPECT_TRUE(IsOpen(number));
  const UniqueFd closes(number);
}

TEST(UniqueFdTest, AMoveLeavesOneOwner) {
  UniqueFd first(OpenNull());
  const int number = first.get();
  UniqueFd second(std::move(first));
  EXPECT_EQ(second.get(), number);
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): that is the test
  EXPECT_TRUE(IsOpen(number));
}

TEST(UniqueFdTest, AMoveOverAHeldOneClosesThat) {
  UniqueFd first(OpenNull());
  UniqueFd second(OpenNull());
  const int closed = second.get();
  const int kept = first.get();
  second = std::move(first);
  EXPECT_FALSE(IsOpen(closed));
  EXPECT_TRUE(IsOpen(kept));
}

TEST(UniqueFdTest, AMoveOntoItselfKeepsIt) {
  UniqueFd fd(OpenNull());
  UniqueFd& same = fd;
  fd = std::move(same);
  EXPECT_TRUE(IsOpen(fd.get()));
}

}  // namespace
}  // namespace ringfence
