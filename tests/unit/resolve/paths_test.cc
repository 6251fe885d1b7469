#include "resolve/paths.h"

#include <gtest/gtest.h>

namespace ringfence::resolve {
namespace {

TEST(IsInside, ComparesWholeComponents) {
  EXPECT_TRUE(IsInside("/srv", "/srv"));
  EXPECT_TRUE(IsInside("/srv/www", "/srv"));
  EXPECT_FALSE(IsInside("/srvx", "/srv"));
  EXPECT_FALSE(IsInside("/sr", "/srv"));
  EXPECT_FALSE(IsInside("/", "/srv"));
  EXPECT_TRUE(IsInside("/srv", "/"));
  EXPECT_FALSE(IsInside("srv", "/"));
}

TEST(Normalise, KeepsAbsolutePathsBelowTheRoot) {
  EXPECT_EQ(Normalise("/"), "/");
  EXPECT_EQ(Normalise("//a/./b//"), "/a/b");
  EXPECT_EQ(Normalise("/a/../b"), "/b");
  EXPECT_EQ(Normalise("/.."), "/");
  EXPECT_EQ(Normalise("/../../etc"), "/etc");
  EXPECT_EQ(Normalise("/srv/../dev/sda"), "/dev/sda");
}

TEST(Normalise, KeepsWhatLeadsOutOfARelativePath) {
  EXPECT_EQ(Normalise("./conf"), "conf");
  EXPECT_EQ(Normalise("."), ".");
  EXPECT_EQ(Normalise("a/.."), ".");
  EXPECT_EQ(Normalise("../a"), "../a");
  EXPECT_EQ(Normalise("a/../../b"), "../b");
  EXPECT_EQ(Normalise("../../a/"), "../../a");
}

}  // namespace
}  // namespace ringfence::resolve
