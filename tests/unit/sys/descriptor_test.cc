#include "sys/descriptor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <cerrno>

namespace ringfence::sys {
namespace {

TEST(Duplicate, IsClosedOnExecAndNotBelowWhatWasAsked) {
  const UniqueFd fd(::eventfd(0, 0));
  for (const int least : {0, kAfterStreams, 100}) {
    const auto copy = Duplicate(fd.get(), least);
    ASSERT_TRUE(copy) << least;
    EXPECT_GE(copy->get(), least);
    EXPECT_NE(copy->get(), fd.get());
    EXPECT_EQ(::fcntl(copy->get(), F_GETFD), FD_CLOEXEC);
  }
}

TEST(Duplicate, OfWhatIsNotOpenFails) {
  const auto none = Duplicate(-1, 0);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().err, EBADF);
  const UniqueFd fd(::eventfd(0, EFD_CLOEXEC));
  const auto above = Duplicate(fd.get(), 1 << 30);
  ASSERT_FALSE(above);
  EXPECT_EQ(above.error().err, EINVAL);
}

}  // namespace
}  // namespace ringfence::sys
