#include "audit/log.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "log_fixture.h"

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

}  // namespace
}  // namespace ringfence::audit
