// Sandboxes that died, or are about to.

#include <gtest/gtest.h>

#include "admit/layout.h"
#include "ledger_fixture.h"
#include "sys/pidfd.h"

namespace ringfence::admit {
namespace {

// A sandbox whose supervisor is dead and whose init has closed its files but
// lives: what the kernel shows for a moment when a PID namespace dies.
class DyingTest : public LedgerTest {
 protected:
  void SetUp() override {
    LedgerTest::SetUp();
    init_.emplace();
    Child supervisor([&] {
      auto claim = Admit("public", "dying");
      if (!claim || !claim->RecordInit(init_->pid())) ::_exit(1);
      (void)claim->fd();
      // The claim dies with this process, before init does.
      static Claim kept = std::move(*claim);
    });
    supervisor.Kill();
  }
  std::optional<Child> init_;
};

TEST_F(DyingTest, ItIsListedAsDying) {
  const auto running = ledger_->Running();
  ASSERT_TRUE(running);
  ASSERT_EQ(running->size(), 1u);
  EXPECT_EQ(running->front().state, State::kDying);
}

TEST_F(DyingTest, AnIncompatibleClaimIsRefusedWhileInitLives) {
  const auto claim = Admit("internal", "b");
  ASSERT_TRUE(RefusedFor<StillDying>(claim));
  EXPECT_EQ(std::get<StillDying>(claim.error()).dying.name, "dying");
}

TEST_F(DyingTest, AnIncompatibleClaimWaitsUntilInitIsGone) {
  const pid_t init = init_->pid();
  // The claimant is a child, so that the test can see it wait.
  int done[2];
  ASSERT_EQ(::pipe2(done, O_CLOEXEC), 0);
  const pid_t claimant = ::fork();
  if (claimant == 0) {
    const auto claim =
        ledger_->Admit(RequestFor("internal", "b"), {.dying = 60'000});
    // The witness: at the moment of the grant init must be gone.
    const bool alive = static_cast<bool>(
        sys::WaitForExit(sys::PidfdOpen(init)->get(), 0) == false);
    const char answer = !claim ? 'r' : alive ? 'x' : 'g';
    (void)!::write(done[1], &answer, 1);
    ::_exit(0);
  }
  ::close(done[1]);
  // It never holds the critical section while it waits.
  EXPECT_TRUE(Admit("public", "c"));
  ::kill(init, SIGKILL);
  char answer = 0;
  EXPECT_EQ(::read(done[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'g');
  ::close(done[0]);
  ::waitpid(claimant, nullptr, 0);
}

TEST_F(DyingTest, ACompatibleClaimDoesNotWait) {
  EXPECT_TRUE(ledger_->Admit(RequestFor("public", "b"), {.dying = 0}));
}

TEST_F(DyingTest, TheSameNameWaits) {
  EXPECT_TRUE(RefusedFor<StillDying>(Admit("public", "dying")));
  init_->Kill();
  EXPECT_TRUE(Admit("public", "dying"));
}

TEST_F(DyingTest, ADeadRecordIsClearedByTheNextClaim) {
  init_->Kill();
  EXPECT_EQ(CountRunning(), 0u);
  const auto claim = Admit("internal", "b");
  ASSERT_TRUE(claim);
  const UniqueFd raw = OpenRaw();
  uint32_t in_use = 0;
  for (uint32_t slot = 0; slot < kRecords; ++slot) {
    uint64_t entry = 0;
    ASSERT_TRUE(sys::Pread(raw.get(),
                           std::as_writable_bytes(std::span(&entry, 1)),
                           IndexAt(slot)));
    in_use += entry != 0 ? 1 : 0;
  }
  EXPECT_EQ(in_use, 1u);
}

TEST_F(DyingTest, AReusedProcessIdIsNotTheOldInit) {
  // As if init had died and its number gone to another process.
  const auto start = sys::StartTime(init_->pid()).value() + 1;
  Corrupt(RecordAt(0) + off_t{offsetof(RawRecord, init)} +
              off_t{offsetof(RawInit, start)},
          {reinterpret_cast<const char*>(&start), sizeof start});
  EXPECT_TRUE(Admit("internal", "b"));
}

TEST_F(DyingTest, ASupervisorKilledBeforeInitWasKnownLeavesNothing) {
  init_->Kill();
  Child supervisor([&] {
    static auto claim = Admit("public", "early");
    if (!claim) ::_exit(1);
  });
  EXPECT_TRUE(RefusedFor<Incompatible>(Admit("internal", "b")));
  supervisor.Kill();
  EXPECT_TRUE(Admit("internal", "b"));
}

}  // namespace
}  // namespace ringfence::admit
