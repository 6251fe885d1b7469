#include "cli/selinux_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sepol/link.h"

namespace ringfence::cli {
namespace {

using compile::SelinuxModule;
using testing::AllOf;
using testing::HasSubstr;

SelinuxModule Two(const std::string& name, const std::string& second) {
  return {.name = name,
          .text = "(type a_" + name + "_t)\n" + second + "\n",
          .lines = {{name + ".yaml", 3, 1}, {name + ".yaml", 8, 1}}};
}

TEST(CheckSelinux, BlamesTheLineThatAskedForIt) {
  EXPECT_TRUE(CheckSelinux({Two("good", "(type b_t)")}));
  const auto checked =
      CheckSelinux({Two("good", "(type b_t)"),
                    Two("bad", "(allow b_t no_t (file (read)))")});
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().source, (model::Source{"bad.yaml", 8, 1}));
  EXPECT_THAT(checked.error().why,
              AllOf(HasSubstr("libsepol rejects"), HasSubstr("bad.cil:2")));
}

// The site's policy has a name already; the small one does not.
TEST(CheckSelinux, LinksToThePolicyThatItIsGiven) {
  const std::string site = sepol::TinyBase() + "(type b_t)\n";
  EXPECT_TRUE(CheckSelinux({Two("good", "(type c_t)")}, site));
  const auto checked = CheckSelinux({Two("good", "(type b_t)")}, site);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().source, (model::Source{"good.yaml", 8, 1}));
}

TEST(SelinuxError, FindsTheLineInWhatSemoduleSays) {
  const SelinuxModule module = Two("ringfence", "(type b_t)");
  EXPECT_EQ(SelinuxError("Re-declaration of type b_t\nBad type declaration at "
                         "/var/lib/selinux/x/tmp/modules/400/ringfence/cil:2\n"
                         "semodule:  Failed!\n",
                         module)
                .source,
            (model::Source{"ringfence.yaml", 8, 1}));
  // Of another module, and of none.
  for (const char* text :
       {"Bad type at /x/400/other-ringfence/cil:2",
        "Bad type at /x/400/ringfence/cil:9", "semodule:  Failed!"}) {
    EXPECT_EQ(SelinuxError(text, module).source, model::Source{}) << text;
  }
}

}  // namespace
}  // namespace ringfence::cli
