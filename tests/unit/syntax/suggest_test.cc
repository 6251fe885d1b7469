#include "syntax/suggest.h"

#include <gtest/gtest.h>

#include <array>

namespace ringfence::syntax {
namespace {

constexpr std::array<std::string_view, 4> kWords{"extends", "name", "colocate",
                                                 "CLONE_NEWUSER"};

TEST(Suggestion, FindsOneMistake) {
  EXPECT_EQ(Nearest("extend", kWords), "extends");
  EXPECT_EQ(Nearest("extendss", kWords), "extends");
  EXPECT_EQ(Nearest("extemds", kWords), "extends");
  EXPECT_EQ(Nearest("extedns", kWords), "extends");
  EXPECT_EQ(Nearest("co-locate", kWords), "colocate");
}

TEST(Suggestion, ForgivesTheWrongCase) {
  EXPECT_EQ(Nearest("NAME", kWords), "name");
  EXPECT_EQ(Nearest("clone_newuser", kWords), "CLONE_NEWUSER");
}

TEST(Suggestion, KeepsSilentWhenNothingIsNear) {
  EXPECT_EQ(Nearest("filesystem", kWords), "");
  EXPECT_EQ(Nearest("", kWords), "");
  EXPECT_EQ(Nearest("xy", kWords), "");
  EXPECT_EQ(Nearest(std::string(5000, 'a'), kWords), "");
  EXPECT_EQ(Nearest("name", {}), "");
}

TEST(Suggestion, IsAQuestion) {
  EXPECT_EQ(DidYouMean("nam", kWords), "did you mean `name`?");
  EXPECT_EQ(DidYouMean("zzzzzz", kWords), "");
}

}  // namespace
}  // namespace ringfence::syntax
