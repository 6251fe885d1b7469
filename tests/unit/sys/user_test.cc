#include "sys/user.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace ringfence::sys {
namespace {

TEST(ParseNamedIds, LinesWithoutANameOrANumberArePassedOver) {
  const auto table = ParseNamedIds(
      "root:x:0:\n"
      ":x:7:\n"
      "nonumber:x::\n"
      "words:x:ten:\n"
      "negative:x:-1:\n"
      "huge:x:99999999999:\n"
      "short\n"
      "\n"
      "staff:x:50:alice,bob\n"
      "last:x:60");
  const std::vector<NamedId> expected{{"root", 0}, {"staff", 50}, {"last", 60}};
  EXPECT_EQ(table, expected);
}

TEST(IdOf, TheFirstLineOfANameCounts) {
  const auto table = ParseNamedIds("a:x:1:\nb:x:2:\na:x:3:\n");
  EXPECT_EQ(IdOf(table, "a"), 1u);
  EXPECT_EQ(IdOf(table, "c"), std::nullopt);
  EXPECT_EQ(NameOf(table, 3), "a");
  EXPECT_EQ(NameOf(table, 4), "4");
}

TEST(ReadGroups, TheHostHasAGroupZero) {
  const auto groups = ReadGroups();
  ASSERT_TRUE(groups);
  EXPECT_EQ(NameOf(*groups, 0), "root");
}

TEST(GetCaller, TellsTheEffectiveIds) {
  const auto caller = GetCaller();
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->uid, ::geteuid());
  EXPECT_EQ(caller->gid, ::getegid());
  EXPECT_EQ(static_cast<int>(caller->groups.size()), ::getgroups(0, nullptr));
}

}  // namespace
}  // namespace ringfence::sys
