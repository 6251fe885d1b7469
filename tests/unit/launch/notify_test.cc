#include "launch/notify.h"

#include <gtest/gtest.h>

namespace ringfence::launch {
namespace {

TEST(PassedOn, KeepsWhatIsKnown) {
  EXPECT_EQ(PassedOn("READY=1"), "READY=1\n");
  EXPECT_EQ(PassedOn("RELOADING=1\nMONOTONIC_USEC=123\n"),
            "RELOADING=1\nMONOTONIC_USEC=123\n");
  EXPECT_EQ(PassedOn("STOPPING=1\nSTATUS=3 of 4 closed\nERRNO=5\n"
                     "EXTEND_TIMEOUT_USEC=1000000"),
            "STOPPING=1\nSTATUS=3 of 4 closed\nERRNO=5\n"
            "EXTEND_TIMEOUT_USEC=1000000\n");
}

TEST(PassedOn, DropsTheRest) {
  for (const char* text :
       {"",           "\n",
        "\n\n",       "=",
        "=1",         "READY",
        "READY=",     "READY=2",
        "READY=10",   "READY =1",
        "ready=1",    "MAINPID=1",
        "FDSTORE=1",  "FDNAME=x",
        "WATCHDOG=1", "WATCHDOG_USEC=1",
        "BARRIER=1",  "BUSERROR=x",
        "ERRNO=",     "ERRNO=-1",
        "ERRNO=1x",   "EXTEND_TIMEOUT_USEC=123456789012345678901",
        "X_READY=1",  "STATUS"}) {
    EXPECT_EQ(PassedOn(text), "") << text;
  }
  EXPECT_EQ(PassedOn("MAINPID=1\nREADY=1\nFDSTORE=1"), "READY=1\n");
}

// A status is shown to people, so it cannot move their cursor, and it cannot
// begin a line of its own.
TEST(PassedOn, EscapesAndCutsAStatus) {
  EXPECT_EQ(PassedOn("STATUS=\x1b[2Jup\r"), "STATUS=\\x1b[2Jup\\x0d\n");
  EXPECT_EQ(PassedOn("STATUS=" + std::string(1000, 'x')),
            "STATUS=" + std::string(256, 'x') + "\n");
  EXPECT_EQ(PassedOn(std::string("STATUS=a\0READY=1", 16)),
            "STATUS=a\\x00READY=1\n");
}

}  // namespace
}  // namespace ringfence::launch
