#include "admit/ledger.h"

#include <gmock/gmock.h>

#include "admit/layout.h"
#include "ledger_fixture.h"
#include "sys/clock.h"
#include "sys/lock.h"

namespace ringfence::admit {
namespace {

using model::Colocate;
using testing::HasSubstr;

TEST_F(LedgerTest, TheSameLevelSharesTheHost) {
  const auto one = Admit("public", "a");
  const auto two = Admit("public", "b");
  EXPECT_TRUE(one);
  EXPECT_TRUE(two);
  EXPECT_EQ(CountRunning(), 2u);
}

TEST_F(LedgerTest, AnotherLevelIsRefusedUntilTheFirstIsGone) {
  auto one = Admit("public", "a");
  ASSERT_TRUE(one);
  const auto two = Admit("internal", "b");
  ASSERT_TRUE(RefusedFor<Incompatible>(two));
  const auto& why = std::get<Incompatible>(two.error());
  ASSERT_EQ(why.neighbours.size(), 1u);
  EXPECT_EQ(why.neighbours[0].name, "a");
  EXPECT_EQ(why.neighbours[0].level.name, "public");
  EXPECT_EQ(why.neighbours[0].supervisor.pid, ::getpid());
  ASSERT_TRUE(one->Release());
  EXPECT_TRUE(Admit("internal", "b"));
}

TEST_F(LedgerTest, EveryPairOfKindsIsAdmittedExactlyWhereDecideSays) {
  const std::vector<Request> kinds{
      RequestFor("public", "x"),     RequestFor("internal", "x"),
      Tenant("public", "shop", "x"), Tenant("public", "bank", "x"),
      Tenant("public", "", "x"),     Tenant("internal", "shop", "x"),
      Alone("public", "x"),          Alone("internal", "x")};
  for (const Request& first : kinds) {
    for (Request second : kinds) {
      second.name = "y";
      const auto one = Admit(first);
      ASSERT_TRUE(one);
      EXPECT_EQ(Admit(second).has_value(),
                Compatible(first.level, second.level));
    }
  }
}

TEST_F(LedgerTest, ANameIsTakenOnlyWhileItRuns) {
  auto one = Admit("public", "a");
  ASSERT_TRUE(one);
  EXPECT_TRUE(RefusedFor<NameTaken>(Admit("public", "a")));
  Request other_user = RequestFor("public", "a");
  other_user.uid.value += 1;
  EXPECT_TRUE(Admit(other_user));
  ASSERT_TRUE(one->Release());
  EXPECT_TRUE(Admit("public", "a"));
}

// Another name with the pair of SELinux categories that `name` has.
std::string SamePairAs(const std::string& name, model::HostUid uid) {
  for (int i = 0;; ++i) {
    std::string other = "w" + std::to_string(i);
    if (other != name && CategoryPair(other, uid) == CategoryPair(name, uid)) {
      return other;
    }
  }
}

TEST_F(LedgerTest, NobodyHasTheCategoriesOfAnotherThatRuns) {
  Request one = RequestFor("public", "a");
  one.categories = true;
  Request same = RequestFor("public", SamePairAs("a", one.uid));
  same.categories = true;
  Request other = RequestFor("public", "b");
  other.categories = true;
  auto claim = Admit(one);
  ASSERT_TRUE(claim);
  const auto refused = Admit(same);
  ASSERT_TRUE(RefusedFor<CategoriesTaken>(refused));
  EXPECT_EQ(std::get<CategoriesTaken>(refused.error()).holder.name, "a");
  EXPECT_TRUE(Admit(other));
  // Where SELinux gives no label they mean nothing.
  same.categories = false;
  EXPECT_TRUE(Admit(same));
  same.categories = true;
  ASSERT_TRUE(claim->Release());
  EXPECT_TRUE(Admit(same));
}

TEST_F(LedgerTest, InvalidNamesAreRefused) {
  EXPECT_TRUE(RefusedFor<InvalidName>(Admit("public", "")));
  EXPECT_TRUE(RefusedFor<InvalidName>(Admit("Public", "a")));
  EXPECT_TRUE(RefusedFor<InvalidName>(Admit("public", std::string(64, 'a'))));
  EXPECT_TRUE(RefusedFor<InvalidName>(Admit(Tenant("public", "a:b", "a"))));
  EXPECT_EQ(CountRunning(), 0u);
}

TEST_F(LedgerTest, ARecordSaysWhoSinceWhenAndWhichInit) {
  const int64_t before = sys::RealtimeMs();
  auto claim = Admit(Tenant("public", "shop", "a"));
  ASSERT_TRUE(claim);
  const Child init;
  ASSERT_TRUE(claim->RecordInit(init.pid()));
  const auto running = ledger_->Running();
  ASSERT_TRUE(running);
  ASSERT_EQ(running->size(), 1u);
  const Record& record = running->front().record;
  EXPECT_EQ(running->front().state, State::kRunning);
  EXPECT_EQ(record.level.tenant, "shop");
  EXPECT_EQ(record.uid, run_.uid());
  EXPECT_EQ(record.supervisor.start_time, sys::StartTime(::getpid()));
  EXPECT_EQ(record.init.pid, init.pid());
  EXPECT_EQ(record.init.start_time, sys::StartTime(init.pid()));
  EXPECT_GE(record.since_ms, before);
  EXPECT_LE(record.since_boot_ms, sys::BoottimeMs());
}

TEST_F(LedgerTest, AClaimIsNotReleasedWhileInitLives) {
  auto claim = Admit("public", "a");
  ASSERT_TRUE(claim);
  Child init;
  ASSERT_TRUE(claim->RecordInit(init.pid()));
  const auto released = claim->Release();
  ASSERT_FALSE(released);
  EXPECT_EQ(released.error().err, EBUSY);
  EXPECT_TRUE(RefusedFor<Incompatible>(Admit("internal", "b")));
  init.Kill();
  EXPECT_TRUE(claim->Release());
  EXPECT_TRUE(Admit("internal", "b"));
}

TEST_F(LedgerTest, TheClaimLastsWhileInitHoldsItsCopy) {
  std::optional<Claim> claim(Admit("public", "a").value());
  Child init;  // inherits the descriptor, as init does
  ASSERT_TRUE(claim->RecordInit(init.pid()));
  claim.reset();
  EXPECT_TRUE(RefusedFor<Incompatible>(Admit("internal", "b")));
  init.Kill();
  EXPECT_TRUE(Admit("internal", "b"));
}

TEST_F(LedgerTest, AClockChangeDoesNotMatter) {
  // Ages come from the boot clock, and nothing is decided by either.
  auto claim = Admit("public", "a");
  ASSERT_TRUE(claim);
  const int64_t wrong = -1;
  Corrupt(RecordAt(0) + off_t{offsetof(RawRecord, since_ms)},
          {reinterpret_cast<const char*>(&wrong), sizeof wrong});
  EXPECT_TRUE(RefusedFor<Incompatible>(Admit("internal", "b")));
  EXPECT_TRUE(Admit("public", "b"));
}

TEST_F(LedgerTest, AMemberWhoHoldsTheCriticalSectionIsNamed) {
  const UniqueFd raw = OpenRaw();
  ASSERT_EQ(sys::SetLock(raw.get(), sys::LockKind::kWrite, kAdmissionLock),
            true);
  auto claim = Admit("public", "a");
  ASSERT_TRUE(RefusedFor<Busy>(claim));
  EXPECT_EQ(std::get<Busy>(claim.error()).holder.pid, 0);

  const Holder holder{::getpid(), 4242, sys::StartTime(::getpid()).value()};
  Corrupt(offsetof(Header, holder),
          {reinterpret_cast<const char*>(&holder), sizeof holder});
  claim = Admit("public", "a");
  ASSERT_TRUE(RefusedFor<Busy>(claim));
  EXPECT_EQ(std::get<Busy>(claim.error()).holder.pid, ::getpid());
  EXPECT_EQ(std::get<Busy>(claim.error()).uid, model::HostUid(4242));
  EXPECT_THAT(Describe(claim.error(), Request{}),
              HasSubstr(std::to_string(::getpid())));
  // Looking needs no permission of anybody.
  EXPECT_EQ(CountRunning(), 0u);
  ASSERT_TRUE(sys::Unlock(raw.get(), kAdmissionLock));
  EXPECT_TRUE(Admit("public", "a"));
}

TEST_F(LedgerTest, TheCriticalSectionIsLeftAndUnnamedAfterEachAdmission) {
  const auto one = Admit("public", "a");
  const auto two = Admit("internal", "b");
  EXPECT_TRUE(one.has_value() && !two.has_value());
  Holder holder{1, 1, 1};
  const UniqueFd raw = OpenRaw();
  ASSERT_TRUE(sys::Pread(raw.get(),
                         std::as_writable_bytes(std::span(&holder, 1)),
                         offsetof(Header, holder)));
  EXPECT_EQ(holder.pid, 0);
  EXPECT_EQ(sys::GetLock(raw.get(), sys::LockKind::kWrite, kAdmissionLock),
            std::nullopt);
}

TEST_F(LedgerTest, InUserScopeThereIsNoPolicyToRead) {
  EXPECT_EQ(ledger_->Policy().value(), model::HostPolicy{});
}

TEST_F(LedgerTest, AFullTableRefuses) {
  // Every record's place is taken by a lock.
  auto first = Admit("public", "first");
  ASSERT_TRUE(first);
  const UniqueFd raw = OpenRawPresence();
  ASSERT_EQ(sys::SetLock(raw.get(), sys::LockKind::kWrite,
                         {RecordLock(1).start, kRecords - 2}),
            true);
  const auto last = Admit("public", "a");
  EXPECT_TRUE(last);
  EXPECT_TRUE(RefusedFor<Full>(Admit("public", "b")));
}

TEST_F(LedgerTest, ManyRunSideBySide) {
  std::vector<Claim> claims;
  for (int i = 0; i < 300; ++i) {
    auto claim = Admit("public", "w" + std::to_string(i));
    ASSERT_TRUE(claim) << i;
    claims.push_back(std::move(*claim));
  }
  EXPECT_EQ(CountRunning(), 300u);
  const auto other = Admit("internal", "b");
  ASSERT_TRUE(RefusedFor<Incompatible>(other));
  const auto& why = std::get<Incompatible>(other.error());
  EXPECT_EQ(why.neighbours.size() + why.unseen, 300u);
  EXPECT_THAT(Describe(other.error(), RequestFor("internal", "b")),
              HasSubstr("and up to 297 more: ringfence ps"));
  claims.clear();
  EXPECT_EQ(CountRunning(), 0u);
}

}  // namespace
}  // namespace ringfence::admit
