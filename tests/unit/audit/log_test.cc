#include "audit/log.h"

#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "log_fixture.h"
#include "sys/file.h"
#include "sys/lock.h"

namespace ringfence::audit {
namespace {

using testing::HasSubstr;

class Writing : public LogTest {};

TEST_F(Writing, KeepsEventsInTheirOrder) {
  Log("\"name\":\"web\"");
  Log("\"name\":\"web\",\"exit_code\":3", Kind::kEnd);
  std::vector<std::string> seen;
  const Contents contents = Loaded();
  const Verdict verdict = Read(contents, [&](const Event& event) {
    seen.push_back(std::to_string(event.seq) + " " + std::string(event.kind));
    EXPECT_EQ(event.uid, ::geteuid());
    EXPECT_EQ(event.pid, ::getpid());
    EXPECT_GT(event.at_ms, 0);
    EXPECT_EQ(event.file, "events-0.jsonl");
    EXPECT_EQ(event.line, event.seq);
  });
  EXPECT_EQ(Tell(verdict), "");
  EXPECT_THAT(seen, testing::ElementsAre("1 segment", "2 launch", "3 end"));
  EXPECT_EQ(verdict.events, 3u);
  EXPECT_EQ(verdict.first_seq, 1u);
  EXPECT_EQ(verdict.last.seq, 3u);
  EXPECT_THAT(Slurp("events-0.jsonl"), HasSubstr(verdict.last.digest));
}

TEST_F(Writing, OfNothingHolds) {
  EXPECT_EQ(Tell(Verified()), "");
  EXPECT_EQ(Verified().events, 0u);
}

TEST_F(Writing, AnUnfinishedLineIsTakenAwayAndSaid) {
  Log("\"name\":\"web\"");
  const std::string before = Slurp("events-0.jsonl");
  Spit("events-0.jsonl", before + "{\"seq\":3,\"at_ms\":17643");
  EXPECT_EQ(Tell(Verified()), "");
  EXPECT_EQ(Verified().unfinished, 22u);
  Log("\"name\":\"web\"", Kind::kEnd);
  EXPECT_EQ(Tell(Verified()), "");
  EXPECT_EQ(Verified().unfinished, 0u);
  EXPECT_EQ(Verified().events, 4u);
  EXPECT_THAT(Slurp("events-0.jsonl"),
              HasSubstr("\"kind\":\"recovered\",\"bytes\":22,"));
}

// Written, and the writer was killed before it could write the head.
TEST_F(Writing, WholeEventsBehindTheHeadCount) {
  Log("\"name\":\"one\"");
  const std::string head = Slurp("head");
  Log("\"name\":\"two\"");
  Spit("head", head);
  Log("\"name\":\"three\"");
  EXPECT_EQ(Tell(Verified()), "");
  EXPECT_EQ(Verified().events, 4u);
}

TEST_F(Writing, NothingIsWrittenToALogThatWasChanged) {
  Log("\"name\":\"one\"");
  Log("\"name\":\"two\"");
  const std::string text = Slurp("events-0.jsonl");
  const std::string head = Slurp("head");
  const auto refused = [&](const std::string& why) {
    EXPECT_THAT(WhyNot(), HasSubstr(why));
    EXPECT_FALSE(Verified().findings.empty());
    EXPECT_THAT(TryLog("").error().remedy, HasSubstr("mv " + path_));
    Spit("events-0.jsonl", text);
    Spit("head", head);
    EXPECT_EQ(Tell(Verified()), "");
  };
  Spit("events-0.jsonl", text.substr(0, text.size() - 1));
  refused("its end was cut off");
  Spit("events-0.jsonl", text + "not an event\n");
  refused("Ringfence has not written");
  Spit("events-0.jsonl", "");
  refused("its end was cut off");
  Spit("head", "");
  refused("head is empty, but events-0.jsonl is not");
  Spit("head", head.substr(1) + "\n");
  refused("head makes no sense");
  EXPECT_EQ(WhyNot(), "");
}

TEST_F(Writing, AFileThatIsNotTheUsersAloneIsNotUsed) {
  Log("\"name\":\"one\"");
  for (const std::string name : {"head", "events-0.jsonl"}) {
    const std::string path = PathOf(name);
    ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
    EXPECT_THAT(WhyNot(), HasSubstr(name + " has mode 0644, not 0600"));
    EXPECT_THAT(Describe(Load(place_).error()), HasSubstr("mode 0644"));
    ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
    if (::geteuid() == 0) {
      ASSERT_EQ(::chown(path.c_str(), 54321, 0), 0);
      EXPECT_THAT(WhyNot(), HasSubstr("is owned by uid 54321, not by 0"));
      ASSERT_EQ(::chown(path.c_str(), 0, 0), 0);
    }
    const std::string aside = PathOf("aside");
    ASSERT_EQ(::rename(path.c_str(), aside.c_str()), 0);
    ASSERT_EQ(::symlink("aside", path.c_str()), 0);
    EXPECT_THAT(WhyNot(), HasSubstr("cannot be opened"));
    EXPECT_FALSE(Load(place_).has_value());
    ASSERT_EQ(::unlink(path.c_str()), 0);
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    EXPECT_THAT(WhyNot(), HasSubstr("is not a regular file"));
    ASSERT_EQ(::unlink(path.c_str()), 0);
    ASSERT_EQ(::rename(aside.c_str(), path.c_str()), 0);
    EXPECT_EQ(WhyNot(), "");
  }
}

TEST_F(Writing, AnEventThatIsTooLongIsRefusedAndNothingIsLost) {
  Log("\"name\":\"one\"");
  EXPECT_THAT(
      Describe(
          TryLog("\"why\":\"" + std::string(kMaxLine, 'x') + "\"").error()),
      HasSubstr("takes no event of"));
  Log("\"name\":\"two\"");
  EXPECT_EQ(Verified().events, 3u);
}

// Who holds the lock must not hold up a launch for ever.
TEST_F(Writing, WaitsForTheLockSoLongAndNoLonger) {
  Log("\"name\":\"one\"");
  const UniqueFd head = OpenFile(place_, kHead, true).value();
  ASSERT_TRUE(sys::SetLock(head.get(), sys::LockKind::kWrite, {0, 1}).value());
  const Entry entry;
  const auto logged = AppendTo(place_, std::span(&entry, 1), 50);
  ASSERT_FALSE(logged);
  EXPECT_THAT(Describe(logged.error()), HasSubstr("is locked by another"));
  EXPECT_THAT(logged.error().remedy, HasSubstr("lslocks"));
  ASSERT_TRUE(sys::Unlock(head.get(), {0, 1}));
  EXPECT_EQ(WhyNot(), "");
}

TEST_F(Writing, AFullSegmentIsFollowedByTheNextAndTheOldestGoes) {
  place_.segment_bytes = 2000;
  for (int i = 0; i < 100; ++i) {
    Log("\"name\":\"w-" + std::to_string(i) + "\"");
    ASSERT_EQ(Tell(Verified()), "") << i;
  }
  const Verdict verdict = Verified();
  EXPECT_GT(verdict.first_seq, 1u);
  EXPECT_EQ(verdict.last.seq, verdict.first_seq + verdict.events - 1);
  for (uint64_t i = 0; i < kFiles; ++i) {
    EXPECT_LE(std::filesystem::file_size(PathOf(FileOf(i))), 2000u);
  }
  // The twins: a file that is emptied, cut, or exchanged for another.
  for (uint64_t i = 0; i < kFiles; ++i) {
    const std::string text = Slurp(FileOf(i));
    Spit(FileOf(i), "");
    EXPECT_FALSE(Verified().findings.empty()) << i;
    Spit(FileOf(i), text.substr(0, text.rfind('\n', text.size() - 2) + 1));
    EXPECT_FALSE(Verified().findings.empty()) << i;
    Spit(FileOf(i), text.substr(text.find('\n') + 1));
    EXPECT_FALSE(Verified().findings.empty()) << i;
    Spit(FileOf(i), Slurp(FileOf(i + 1)));
    EXPECT_FALSE(Verified().findings.empty()) << i;
    Spit(FileOf(i), text);
    EXPECT_EQ(Tell(Verified()), "");
  }
}

// A head that is set back to the segment before hides nothing, and the next
// writer does not write over what came after.
TEST_F(Writing, AHeadOfAnEarlierSegmentHidesNothing) {
  place_.segment_bytes = 2000;
  Log("\"name\":\"one\"");
  const std::string head = Slurp("head");
  for (int i = 0; i < 12; ++i) Log("\"name\":\"more\"");
  ASSERT_GT(Slurp("events-1.jsonl").size(), 0u);
  const Verdict before = Verified();
  Spit("head", head);
  EXPECT_EQ(Verified().last, before.last);
  Log("\"name\":\"last\"");
  EXPECT_EQ(Tell(Verified()), "");
  EXPECT_EQ(Verified().events, before.events + 1);
}

class FullDisk : public LogTest {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to mount a small disk";
    ASSERT_EQ(::mount("small", path_.c_str(), "tmpfs", 0, "size=64k,mode=0700"),
              0);
    place_.directory = sys::Open(path_.c_str(), O_RDONLY | O_DIRECTORY).value();
  }
  void TearDown() override {
    place_.directory.reset();
    (void)::umount2(path_.c_str(), MNT_DETACH);
  }
};

TEST_F(FullDisk, IsSaidAndTheLogHolds) {
  Log("\"name\":\"one\"");
  uint64_t logged = 2;
  std::string why;
  while (why.empty() && logged < 10'000) {
    const auto one = TryLog("\"name\":\"" + std::string(200, 'x') + "\"");
    if (one) {
      ++logged;
    } else {
      why = Describe(one.error());
      EXPECT_THAT(one.error().remedy, HasSubstr("make room"));
    }
  }
  EXPECT_THAT(why, HasSubstr("No space left on device"));
  EXPECT_EQ(Tell(Verified()), "");
  EXPECT_EQ(Verified().events, logged);
  EXPECT_EQ(Verified().unfinished, 0u);
  ASSERT_EQ(::mount("small", path_.c_str(), "tmpfs", MS_REMOUNT, "size=256k"),
            0);
  Log("\"name\":\"again\"");
  EXPECT_EQ(Tell(Verified()), "");
  EXPECT_EQ(Verified().events, logged + 1);
}

}  // namespace
}  // namespace ringfence::audit
