#include "model/identity.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace ringfence::model {
namespace {

// An id of the host can never be taken for one of the sandbox.
static_assert(!std::is_convertible_v<HostUid, NsUid>);
static_assert(!std::is_constructible_v<NsUid, HostUid>);
static_assert(!std::is_constructible_v<NsGid, NsUid>);

TEST(IdentityTest, ALevelToleratesOnlyItsOwnUnlessItSaysMore) {
  EXPECT_EQ(TrustLevel{}.colocate, Colocate::kSameLevel);
}

TEST(IdentityTest, EveryFieldOfALevelCounts) {
  const TrustLevel level{
      .name = "public", .tenant = "shop", .colocate = Colocate::kSameTenant};
  TrustLevel other = level;
  EXPECT_EQ(other, level);
  other.name = "internal";
  EXPECT_NE(other, level);
  other = level;
  other.tenant = "";
  EXPECT_NE(other, level);
  other = level;
  other.colocate = Colocate::kAlone;
  EXPECT_NE(other, level);
}

TEST(IdentityTest, UidAndGidAreToldApart) {
  const User user{.uid = NsUid(1000), .gid = NsGid(1001)};
  EXPECT_NE(user, (User{.uid = NsUid(1001), .gid = NsGid(1000)}));
  EXPECT_EQ(user, (User{.uid = NsUid(1000), .gid = NsGid(1001)}));
}

}  // namespace
}  // namespace ringfence::model
