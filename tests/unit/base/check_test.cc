#include "base/check.h"

#include <gtest/gtest.h>

namespace ringfence {
namespace {

TEST(CheckTest, AnInvariantThatHoldsIsSilent) { Check(1 + 1 == 2, "sum"); }

TEST(CheckDeathTest, ABrokenInvariantAbortsAndNamesItself) {
  EXPECT_EXIT(Check(1 + 1 == 3, "sum is off"), testing::KilledBySignal(SIGABRT),
              "^ringfence: internal error: sum is off\n$");
}

}  // namespace
}  // namespace ringfence
