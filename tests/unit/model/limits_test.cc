#include "model/limits.h"

#include <gtest/gtest.h>

#include <csignal>

namespace ringfence::model {
namespace {

// A limit is required unless the file says `if_available`.
TEST(LimitsTest, ALimitIsRequiredByDefault) {
  EXPECT_FALSE(CgroupLimit{}.if_available);
  EXPECT_FALSE(Limits{}.memory.if_available);
}

TEST(LimitsTest, AWorkloadIsAskedToStopBeforeItIsKilled) {
  EXPECT_EQ(Stop{}.signal, SIGTERM);
  EXPECT_EQ(Stop{}.grace_ms, 10'000u);
}

}  // namespace
}  // namespace ringfence::model
