// Ledgers that make no sense: refused, never repaired.

#include <gtest/gtest.h>

#include "admit/layout.h"
#include "ledger_fixture.h"
#include "sys/lock.h"

namespace ringfence::admit {
namespace {

TEST_F(LedgerTest, ALockWithoutARecordIsRefused) {
  const UniqueFd raw = OpenRaw();
  ASSERT_EQ(sys::SetLock(raw.get(), sys::LockKind::kRead, ClassLock(700)),
            true);
  const auto claim = Admit("public", "a");
  ASSERT_TRUE(RefusedFor<Incompatible>(claim));
  EXPECT_TRUE(std::get<Incompatible>(claim.error()).neighbours.empty());
  EXPECT_TRUE(RefusedFor<Incompatible>(Admit(Alone("public", "b"))));
  ASSERT_TRUE(sys::Unlock(raw.get(), ClassLock(700)));
  EXPECT_TRUE(Admit("public", "a"));
}

TEST_F(LedgerTest, ALockOnEveryPlaceOfAClassRangeKeepsAloneOut) {
  for (const uint32_t index : {0u, 1u, 511u, kClasses - 1}) {
    const UniqueFd raw = OpenRaw();
    ASSERT_EQ(sys::SetLock(raw.get(), sys::LockKind::kRead, ClassLock(index)),
              true);
    EXPECT_TRUE(RefusedFor<Incompatible>(Admit(Alone("public", "a"))));
  }
}

TEST_F(LedgerTest, ARecordWithoutSenseRefusesEverything) {
  const auto claim = Admit("public", "a");
  ASSERT_TRUE(claim);
  const auto corrupt_and_check = [&](off_t at, std::string_view bytes) {
    std::string old(bytes.size(), '\0');
    const UniqueFd raw = OpenRaw();
    ASSERT_TRUE(
        sys::Pread(raw.get(), std::as_writable_bytes(std::span(old)), at));
    Corrupt(at, bytes);
    EXPECT_TRUE(RefusedFor<Unusable>(Admit("public", "b")));
    EXPECT_FALSE(ledger_->Running());
    Corrupt(at, old);
    EXPECT_TRUE(Admit("public", "b"));
  };
  const auto field = [](size_t offset) {
    return RecordAt(0) + static_cast<off_t>(offset);
  };
  corrupt_and_check(field(offsetof(RawRecord, used)), "\x02");
  corrupt_and_check(field(offsetof(RawRecord, colocate)), "\x07");
  corrupt_and_check(field(offsetof(RawRecord, level)), "\x1b");
  corrupt_and_check(field(offsetof(RawRecord, name)), "A");
  // Another level than the class it holds.
  corrupt_and_check(field(offsetof(RawRecord, level)), "q");
  corrupt_and_check(field(offsetof(RawRecord, class_index)), "\x05");
  corrupt_and_check(ClassAt(0), "level:other");
  // A record that nobody wrote.
  corrupt_and_check(RecordAt(1000), "\x01");
}

TEST_F(LedgerTest, AClassWithoutSenseRefuses) {
  Corrupt(ClassAt(3), std::string(256, 'a'));
  EXPECT_TRUE(RefusedFor<Unusable>(Admit("public", "a")));
}

TEST_F(LedgerTest, GarbageInTheTablesRefuses) {
  Corrupt(kClassesAt,
          std::string(static_cast<size_t>(kFileSize - kClassesAt), '\xa5'));
  EXPECT_TRUE(RefusedFor<Unusable>(Admit("public", "a")));
  EXPECT_FALSE(ledger_->Running());
}

TEST_F(LedgerTest, ARemovedLedgerRefusesTheClaimThatWaitedForIt) {
  const UniqueFd raw = OpenRaw();
  ASSERT_EQ(sys::SetLock(raw.get(), sys::LockKind::kWrite, kAdmissionLock),
            true);
  const std::string path = run_.UserLedger();
  int answer_pipe[2];
  ASSERT_EQ(::pipe2(answer_pipe, O_CLOEXEC), 0);
  const pid_t claimant = ::fork();
  if (claimant == 0) {
    // Opened before the removal, admitted after it.
    const auto claim =
        ledger_->Admit(RequestFor("public", "a"), {.admission = 60'000});
    const char answer = RefusedFor<Unusable>(claim) ? 'r' : 'g';
    (void)!::write(answer_pipe[1], &answer, 1);
    ::_exit(0);
  }
  ::close(answer_pipe[1]);
  // Once the child has the file open, both orders refuse: a later open would
  // make a new ledger, so wait for the descriptor.
  const std::string fds = "/proc/" + std::to_string(claimant) + "/fd";
  for (bool open = false; !open;) {
    int found = 0;
    for (int fd = 0; fd < 64; ++fd) {
      const auto target =
          sys::Readlinkat(AT_FDCWD, (fds + "/" + std::to_string(fd)).c_str());
      if (target && *target == path) ++found;
    }
    // The parent's two (ledger_, raw) were inherited.
    open = found >= 3;
  }
  ASSERT_EQ(::unlink(path.c_str()), 0);
  ASSERT_TRUE(sys::Unlock(raw.get(), kAdmissionLock));
  char answer = 0;
  EXPECT_EQ(::read(answer_pipe[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'r');
  ::close(answer_pipe[0]);
  ::waitpid(claimant, nullptr, 0);
}

}  // namespace
}  // namespace ringfence::admit
