#include "cli/apparmor_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

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

// The profile with which AppArmor 4.0 lets the launcher make user namespaces is
// one of 3.0, too, but for its first line and its only rule.
TEST(CheckAppArmor, TakesTheLaunchersProfileButForUserns) {
  AppArmorProfile profile =
      compile::LauncherProfile("/usr/lib/ringfence/ringfence-launch");
  profile.text.replace(profile.text.find("4.0"), 3, "3.0");
  const auto rejected = CheckAppArmor(profile, AppArmorAbi::k3);
  ASSERT_FALSE(rejected);
  // The fourth line is the rule.
  EXPECT_THAT(rejected.error().why, HasSubstr("at line 4: syntax error"));
  constexpr std::string_view kRule = "  userns,\n";
  const size_t rule = profile.text.find(kRule);
  ASSERT_EQ(
      std::count(profile.text.begin(),
                 profile.text.begin() + static_cast<ptrdiff_t>(rule), '\n'),
      3);
  profile.text.erase(rule, kRule.size());
  const auto checked = CheckAppArmor(profile, AppArmorAbi::k3);
  ASSERT_TRUE(checked) << checked.error().why;
  EXPECT_EQ(*checked, AppArmorCheck::kAccepted);
}

}  // namespace
}  // namespace ringfence::cli
