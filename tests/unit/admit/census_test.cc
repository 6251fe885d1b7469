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
    return TakeCensus(OpenRaw().get(), &newcomer).value();
  }

  std::vector<Claim> held_;
};

TEST_F(CensusTest, ANewcomersOwnClassIsOnlyCounted) {
  for (int i = 0; i < 20; ++i)
    Hold(RequestFor("public", "w" + std::to_string(i)));
  const Census own = Of({.name = "public"});
  EXPECT_GT(own.company, 0u);
  EXPECT_EQ(own.company + own.alive.size(), 20u);
  // Of any other class everything is looked at.
  EXPECT_EQ(Of({.name = "untrusted"}).alive.size(), 20u);
  EXPECT_EQ(
      Of({.name = "public", .colocate = model::Colocate::kAlone}).alive.size(),
      20u);
  EXPECT_EQ(Of({.name = "public",
                .tenant = "shop",
                .colocate = model::Colocate::kSameTenant})
                .alive.size(),
            20u);
}

TEST_F(CensusTest, TheSameNameIsAlwaysLookedAt) {
  for (int i = 0; i < 20; ++i)
    Hold(RequestFor("public", "w" + std::to_string(i)));
  EXPECT_TRUE(RefusedFor<NameTaken>(Admit("public", "w19")));
}

TEST_F(CensusTest, AnotherTenantIsNotCompany) {
  for (int i = 0; i < 8; ++i)
    Hold(Tenant("public", "shop", "w" + std::to_string(i)));
  EXPECT_GT(Of({.name = "public",
                .tenant = "shop",
                .colocate = model::Colocate::kSameTenant})
                .company,
            0u);
  EXPECT_TRUE(RefusedFor<Incompatible>(Admit(Tenant("public", "bank", "x"))));
}

// Killed sandboxes leave records that their own class does not look at: who is
// of another class, or finds no slot left, clears them.
TEST_F(CensusTest, TheDeadAmongTheCompanyAreClearedWhenTheyMatter) {
  for (int i = 0; i < 40; ++i)
    Hold(RequestFor("public", "w" + std::to_string(i)));
  held_.clear();  // as kill -9: no record is released
  EXPECT_EQ(CountRunning(), 0u);
  EXPECT_EQ(TakeCensus(OpenRaw().get())->dead.size(), 40u);
  {
    EXPECT_TRUE(Admit("untrusted", "x"));
  }
  EXPECT_LE(TakeCensus(OpenRaw().get())->dead.size(), 1u);
  for (uint32_t i = 0; i < kRecords + 10; ++i) {
    ASSERT_TRUE(Admit("public", "w")) << i;
  }
}

}  // namespace
}  // namespace ringfence::admit
