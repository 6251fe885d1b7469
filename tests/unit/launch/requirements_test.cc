#include "launch/requirements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringfence::launch {
namespace {

using testing::AllOf;
using testing::HasSubstr;

bundle::Bundle AskingFor(const model::MandatoryAccess& any_of) {
  bundle::Bundle bundle;
  bundle.mandatory_access = any_of;
  return bundle;
}

const Facts kNothing = {
    .landlock_abi = 0,
    .apparmor = {.why = "no AppArmor here", .remedy = "get some"}};
const Facts kLandlock = {.landlock_abi = 1, .apparmor = kNothing.apparmor};
const Facts kAppArmor = {
    .landlock_abi = 0, .apparmor = {.enabled = true, .profile = "ringfence-x"}};

TEST(CheckRequirements, AnyOneThatTheLevelNamesWillDo) {
  const bundle::Bundle any =
      AskingFor({.apparmor = true, .selinux = true, .landlock = true});
  EXPECT_TRUE(CheckRequirements(any, kLandlock));
  EXPECT_TRUE(CheckRequirements(any, kAppArmor));
  EXPECT_FALSE(CheckRequirements(any, kNothing));
}

TEST(CheckRequirements, SelinuxCountsWhereItGivesALabel) {
  const bundle::Bundle bundle = AskingFor({.selinux = true});
  EXPECT_TRUE(CheckRequirements(bundle, {.selinux = {.label = "u:r:t:s0"}}));
  const auto checked = CheckRequirements(
      bundle, {.landlock_abi = 7,
               .selinux = {.why = "no such label", .remedy = "load it"}});
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, ExitCode::kProtection);
  EXPECT_THAT(checked.error().why, HasSubstr("no such label"));
  EXPECT_EQ(checked.error().remedy, "load it");
}

TEST(CheckRequirements, OneThatTheLevelDoesNotNameWillNot) {
  EXPECT_FALSE(CheckRequirements(AskingFor({.apparmor = true}), kLandlock));
  EXPECT_FALSE(CheckRequirements(AskingFor({.landlock = true}), kAppArmor));
}

TEST(CheckRequirements, NamesWhatIsMissingAndTheRemedy) {
  const auto checked = CheckRequirements(
      AskingFor({.apparmor = true, .landlock = true}), kNothing);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, ExitCode::kProtection);
  EXPECT_THAT(checked.error().why,
              AllOf(HasSubstr("no AppArmor here"), HasSubstr("no Landlock")));
  EXPECT_THAT(checked.error().remedy,
              AllOf(HasSubstr("get some"), HasSubstr("lsm=")));
}

TEST(CheckRequirements, ARequiredLandlockAbiIsNotReplacedByAnotherModule) {
  bundle::Bundle bundle = AskingFor({.apparmor = true, .landlock = true});
  bundle.landlock.required_abi = 4;
  EXPECT_FALSE(CheckRequirements(bundle, kAppArmor));
  EXPECT_FALSE(CheckRequirements(bundle, kLandlock));
}

}  // namespace
}  // namespace ringfence::launch
