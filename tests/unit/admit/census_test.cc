#include "admit/census.h"

#include <gtest/gtest.h>

#include "admit/layout.h"
#include "ledger_fixture.h"

namespace ringfence::admit {
namespace {

class CensusTest : public LedgerTest {
 protected:
  void Hold(const Request& request) {
    auto claim = Admit(request);
    ASSERT_TRUE(claim) << Describe(claim.error(), request);
    held_.push_back(std::move(*claim));
  }
  Census Of(const model::TrustLevel& level, std::string_view name = "new") {
    const Newcomer newcomer{level, name, run_.uid()};
    return TakeCensus(OpenRawFiles(), &newcomer).value();
  }

  std::vector<Claim> held_;
};

TEST_F(CensusTest, ANewcomersOwnClassIsOnlyCounted) {
  for (int i = 0; i < 20; ++i)
    Hold(RequestFor("public", "w" + std::to_string(i)));
  const Census own = Of({.name = "public"});
  EXPECT_TRUE(own.company);
  EXPECT_EQ(own.unseen, 20u);
  EXPECT_TRUE(own.alive.empty());
  EXPECT_EQ(Of({.name = "public"}, "w7").alive.size(), 1u);
}

TEST_F(CensusTest, OfAnotherClassAFewReasonsAreEnough) {
  for (int i = 0; i < 20; ++i)
    Hold(RequestFor("public", "w" + std::to_string(i)));
  for (const model::TrustLevel& level :
       {model::TrustLevel{.name = "untrusted"},
        {.name = "public", .colocate = model::Colocate::kAlone},
        {.name = "public",
         .tenant = "shop",
         .colocate = model::Colocate::kSameTenant}}) {
    const Census other = Of(level);
    EXPECT_FALSE(other.company);
    EXPECT_EQ(other.alive.size(), kReasons);
    EXPECT_EQ(other.unseen, 20u - kReasons);
  }
}

// The dying are not reasons: each of them may have to be waited for.
TEST_F(CensusTest, WhoIsDyingIsLookedAtBeyondTheReasons) {
  const Child init;
  {
    Child supervisor([&] {
      static std::vector<Claim> claims;
      for (int i = 0; i < 6; ++i) {
        claims.push_back(Admit("public", "dying" + std::to_string(i)).value());
        EXPECT_TRUE(claims.back().RecordInit(init.pid()));
      }
    });
  }
  Hold(RequestFor("public", "alive"));
  const Census other = Of({.name = "untrusted"});
  EXPECT_EQ(other.alive.size(), 7u);
  EXPECT_EQ(other.alive.back().state, State::kRunning);
}

TEST_F(CensusTest, TheSameNameIsAlwaysLookedAt) {
  for (int i = 0; i < 20; ++i)
    Hold(RequestFor("public", "w" + std::to_string(i)));
  EXPECT_TRUE(RefusedFor<NameTaken>(Admit("public", "w19")));
}

TEST_F(CensusTest, AnotherTenantIsNotCompany) {
  for (int i = 0; i < 8; ++i)
    Hold(Tenant("public", "shop", "w" + std::to_string(i)));
  EXPECT_TRUE(Of({.name = "public",
                  .tenant = "shop",
                  .colocate = model::Colocate::kSameTenant})
                  .company);
  EXPECT_TRUE(RefusedFor<Incompatible>(Admit(Tenant("public", "bank", "x"))));
}

// Killed sandboxes leave records that their own class does not look at: who is
// of another class, or finds no slot left, clears them.
TEST_F(CensusTest, TheDeadAmongTheCompanyAreClearedWhenTheyMatter) {
  for (int i = 0; i < 40; ++i)
    Hold(RequestFor("public", "w" + std::to_string(i)));
  held_.clear();  // as kill -9: no record is released
  EXPECT_EQ(CountRunning(), 0u);
  EXPECT_EQ(TakeCensus(OpenRawFiles())->dead.size(), 40u);
  {
    EXPECT_TRUE(Admit("untrusted", "x"));
  }
  EXPECT_LE(TakeCensus(OpenRawFiles())->dead.size(), 1u);
  for (uint32_t i = 0; i < kRecords + 10; ++i) {
    ASSERT_TRUE(Admit("public", "w")) << i;
  }
}

}  // namespace
}  // namespace ringfence::admit
