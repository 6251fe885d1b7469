#include "cli/apparmor_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringfence::cli {
namespace {

using compile::AppArmorAbi;
using compile::AppArmorProfile;
using testing::HasSubstr;

AppArmorProfile With(const std::vector<std::string>& rules) {
  AppArmorProfile profile{
      .name = "x", .text = "abi <abi/3.0>,\nprofile x {\n", .lines = {{}, {}}};
  for (const std::string& rule : rules) {
    profile.text += rule + ",\n";
    profile.lines.push_back(
        {"w.yaml", static_cast<uint32_t>(10 * profile.lines.size()), 1});
  }
  profile.text += "}\n";
  profile.lines.emplace_back();
  return profile;
}

TEST(CheckAppArmor, TakesWhatTheParserTakes) {
  const auto checked = CheckAppArmor(With({"/ r"}), AppArmorAbi::k3);
  ASSERT_TRUE(checked) << checked.error().why;
  EXPECT_EQ(*checked, AppArmorCheck::kAccepted);
}

TEST(CheckAppArmor, BlamesTheLineThatAskedForIt) {
  const auto checked =
      CheckAppArmor(With({"/ r", "capability foo"}), AppArmorAbi::k3);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().source, (model::Source{"w.yaml", 30, 1}));
  EXPECT_THAT(checked.error().why, HasSubstr("Invalid capability foo"));
}

TEST(CheckAppArmor, PathsOfAnyBytesParse) {
  for (const std::string_view path :
       {"/a b", "/*?[x]{y,z}^", "/\"\\", "/a\nb\tc", "/@{PROC}", "/\xff\xfe",
        "/#include <x>", "/a,", "/a}"}) {
    const std::string rule = compile::AppArmorPath(path, true) + " r";
    const auto checked = CheckAppArmor(With({rule}), AppArmorAbi::k3);
    ASSERT_TRUE(checked) << rule << ": " << checked.error().why;
    EXPECT_EQ(*checked, AppArmorCheck::kAccepted);
  }
}

}  // namespace
}  // namespace ringfence::cli
