#include "syntax/edit.h"

#include <gtest/gtest.h>

namespace ringfence::syntax {
namespace {

TEST(SetKey, ReplacesTheKeyAndItsValueAndNothingElse) {
  const std::string text =
      "# head\nkind: Host\naccepts:   # these\n  - a\n  # inside\n  - b\n\n"
      "# tail of drain\ndrain: true\n";
  EXPECT_EQ(SetKey(text, "accepts", "accepts: [c]"),
            "# head\nkind: Host\naccepts: [c]\n\n# tail of drain\n"
            "drain: true\n");
  EXPECT_EQ(SetKey(text, "drain", ""),
            "# head\nkind: Host\naccepts:   # these\n  - a\n  # inside\n"
            "  - b\n\n# tail of drain\n");
  EXPECT_EQ(SetKey("kind: Host", "drain", "drain: true"),
            "kind: Host\ndrain: true\n");
  EXPECT_EQ(SetKey("kind: Host\n", "drain", ""), "kind: Host\n");
}

TEST(SetKey, RefusesWhatHasNoKeyALine) {
  EXPECT_FALSE(SetKey("{kind: Host, drain: true}\n", "drain", ""));
  EXPECT_FALSE(SetKey("  kind: Host\n", "drain", ""));
  EXPECT_FALSE(SetKey("[a]\n", "drain", ""));
  EXPECT_FALSE(SetKey("kind: [Host\n", "drain", ""));
  EXPECT_FALSE(SetKey("", "drain", ""));
}

}  // namespace
}  // namespace ringfence::syntax
