// Ledgers that make no sense: refused, never repaired.

#include <gtest/gtest.h>

#include "admit/layout.h"
#include "ledger_fixture.h"
#include "sys/lock.h"

namespace ringfence::admit {
namespace {

TEST_F(LedgerTest, ALockWithoutARecordIsRefused) {
  for (const uint32_t slot : {0u, 1u, 700u, kRecords - 1}) {
    const UniqueFd raw = OpenRawPresence();
    ASSERT_EQ(sys::SetLock(raw.get(), sys::LockKind::kRead, RecordLock(slot)),
              true);
    const auto claim = Admit("public", "a");
    ASSERT_TRUE(RefusedFor<Incompatible>(claim));
    EXPECT_TRUE(std::get<Incompatible>(claim.error()).neighbours.empty());
    EXPECT_TRUE(RefusedFor<Incompatible>(Admit(Alone("public", "b"))));
    ASSERT_TRUE(sys::Unlock(raw.get(), RecordLock(slot)));
    auto free = Admit("public", "a");
    ASSERT_TRUE(free);
    EXPECT_TRUE(free->Release());
  }
}

// Its locks still say that somebody runs, whatever became of the records.
TEST_F(LedgerTest, ALedgerMadeAnewBesideARunningSandboxAdmitsNobody) {
  auto running = Admit("public", "a");
  ASSERT_TRUE(running);
  ASSERT_EQ(::unlink(run_.UserLedger().c_str()), 0);
  for (const char* level : {"public", "internal"}) {
    EXPECT_TRUE(RefusedFor<Incompatible>(Admit(level, "b")));
  }
  ASSERT_TRUE(running->Release());
  EXPECT_TRUE(Admit("internal", "b"));
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
  corrupt_and_check(field(offsetof(RawRecord, tenant)), "\x1b");
  corrupt_and_check(field(offsetof(RawRecord, name)), "A");
  corrupt_and_check(field(offsetof(RawRecord, supervisor_pid)),
                    {"\0\0\0\0", 4});
  // Of another name or user than its index entry.
  corrupt_and_check(field(offsetof(RawRecord, name)), "q");
  corrupt_and_check(field(offsetof(RawRecord, uid)), "\x11\x22");
  corrupt_and_check(IndexAt(0), "\x01");
  // A record that nobody wrote.
  corrupt_and_check(IndexAt(1), "\x01");
  const auto of_class = [](size_t offset) {
    return kClassAt + static_cast<off_t>(offset);
  };
  corrupt_and_check(of_class(offsetof(RawClass, colocate)), "\x07");
  corrupt_and_check(of_class(offsetof(RawClass, level)), "\x1b");
  corrupt_and_check(of_class(offsetof(RawClass, level)), std::string(64, 'a'));
  // There are records, and no class.
  corrupt_and_check(kClassAt, std::string(sizeof(RawClass), '\0'));
}

// One among many of its own class, which nobody looks at one by one, keeps
// those of another class out.
TEST_F(LedgerTest, ARecordWithoutSenseAmongManyAdmitsNobodyOfAnotherClass) {
  std::vector<Claim> claims;
  for (int i = 0; i < 40; ++i) {
    claims.push_back(Admit("public", "w" + std::to_string(i)).value());
  }
  Corrupt(RecordAt(30) + off_t{offsetof(RawRecord, name)}, "A");
  EXPECT_FALSE(Admit("internal", "b"));
  EXPECT_FALSE(ledger_->Running());
  claims.clear();
  EXPECT_TRUE(RefusedFor<Unusable>(Admit("internal", "b")));
}

TEST_F(LedgerTest, GarbageInTheTablesRefuses) {
  Corrupt(kClassAt,
          std::string(static_cast<size_t>(kFileSize - kClassAt), '\xa5'));
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
    // The parent's one (raw) was inherited.
    open = found >= 2;
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
