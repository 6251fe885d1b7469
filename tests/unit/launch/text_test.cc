#include "launch/text.h"

#include <gtest/gtest.h>

#include "launch/readback.h"

namespace ringfence::launch {
namespace {

TEST(Printable, LetsNothingMoveTheCursor) {
  EXPECT_EQ(Printable("a b"), "a b");
  EXPECT_EQ(Printable("\x1b[2J\n\x7f\xc3"), "\\x1b[2J\\x0a\\x7f\\xc3");
  EXPECT_EQ(Printable(std::string("\0", 1)), "\\x00");
}

TEST(JsonString, QuotesEveryByte) {
  EXPECT_EQ(JsonString("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(JsonString("\n\xff"), R"("\u000a\u00ff")");
}

constexpr char kStatus[] =
    "Name:\tsleep\n"
    "Uid:\t1000\t1000\t1000\t1000\n"
    "Gid:\t1001\t1001\t1001\t1001\n"
    "CapInh:\t0000000000000000\n"
    "CapPrm:\t0000000000000000\n"
    "CapEff:\t0000000000000000\n"
    "CapBnd:\t0000000000000000\n"
    "CapAmb:\t0000000000000000\n"
    "NoNewPrivs:\t1\n"
    "Seccomp:\t2\n"
    "Seccomp_filters:\t1\n";
constexpr Promise kPromise{
    .uid = 1000, .gid = 1001, .capabilities = 0, .filters = 1};

TEST(Broken, FindsNothingWhereEverythingHolds) {
  EXPECT_EQ(Broken(kStatus, kPromise), nullptr);
}

// Each line of the status stands for one promise: change any, and it is found.
TEST(Broken, FindsEveryBrokenPromise) {
  struct Change {
    const char* from;
    const char* to;
  };
  for (const Change& change : {
           Change{"Uid:\t1000\t", "Uid:\t0\t"},
           Change{"1000\nGid", "0\nGid"},
           Change{"Gid:\t1001", "Gid:\t1002"},
           Change{"CapInh:\t0000000000000000", "CapInh:\t0000000000000400"},
           Change{"CapPrm:\t0000000000000000", "CapPrm:\t0000000000000001"},
           Change{"CapEff:\t0000000000000000", "CapEff:\t0000000000200000"},
           Change{"CapBnd:\t0000000000000000", "CapBnd:\t000001ffffffffff"},
           Change{"CapAmb:\t0000000000000000", "CapAmb:\t0000000000000001"},
           Change{"NoNewPrivs:\t1", "NoNewPrivs:\t0"},
           Change{"NoNewPrivs:\t1", "Nothing:\t1"},
           Change{"Seccomp:\t2", "Seccomp:\t0"},
           Change{"Seccomp_filters:\t1", "Seccomp_filters:\t0"},
           Change{"Seccomp_filters:\t1", "Seccomp_filters:\t2"},
       }) {
    std::string status = kStatus;
    const size_t at = status.find(change.from);
    ASSERT_NE(at, std::string::npos) << change.from;
    status.replace(at, std::string(change.from).size(), change.to);
    EXPECT_NE(Broken(status, kPromise), nullptr) << change.to;
  }
  EXPECT_NE(Broken("", kPromise), nullptr);
}

TEST(IsSingleMap, TakesOneLineOfOneId) {
  EXPECT_TRUE(IsSingleMap("      1000       1001          1\n", 1000, 1001));
  EXPECT_FALSE(IsSingleMap("      1000       1001          2\n", 1000, 1001));
  EXPECT_FALSE(IsSingleMap("         0       1001          1\n", 1000, 1001));
  EXPECT_FALSE(IsSingleMap("1000 1001 1\n0 0 1\n", 1000, 1001));
  EXPECT_FALSE(IsSingleMap("", 1000, 1001));
}

}  // namespace
}  // namespace ringfence::launch
