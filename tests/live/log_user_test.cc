// The event log of a user: what is in it, and what shows that it was changed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "live/sandbox.h"
#include "paths/paths.h"

namespace ringfence::live {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Log : public SandboxTest {
 protected:
  void SetUp() override { fs::remove_all(log_); }
  void TearDown() override { fs::remove_all(log_); }

  Outcome Show(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"log", "show", "--format", "json"});
    return Ringfence(arguments);
  }
  void ExpectHolds() const {
    const Outcome verified = Ringfence({"log", "verify"});
    EXPECT_EQ(verified.end, End(Exited{0})) << verified;
    EXPECT_THAT(verified.out, HasSubstr("holds"));
  }
  // The log does not hold, and why is said.
  void ExpectFound(const std::string& what) const {
    const Outcome verified = Ringfence({"log", "verify"});
    EXPECT_EQ(verified.end, End(Exited{1})) << verified;
    EXPECT_THAT(verified.out, HasSubstr(what));
    EXPECT_EQ(Ringfence({"log", "show"}).end, End(Exited{1}));
  }
  std::string Text() const {
    std::ostringstream text;
    text << std::ifstream(log_ + "/events-0.jsonl").rdbuf();
    return text.str();
  }
  void SetText(const std::string& text) const {
    std::ofstream(log_ + "/events-0.jsonl", std::ios::trunc) << text;
  }
  Outcome Ran(const std::string& name, const std::string& program) const {
    return Run({"--trust", "untrusted", "--name", name, "--", program});
  }

  const std::string log_ =
      "/run/user/" + std::to_string(user_.uid) + "/ringfence/log";
};

TEST_F(Log, HasEachLaunchItsDenialsAndItsEnd) {
  ASSERT_EQ(Run({Write("denied", "untrusted",
                       {"/opt/probe", "syscall:272,0", "syscall:272,0"})})
                .end,
            End(Exited{0}));
  EXPECT_EQ(Ran("fails", "/usr/bin/false").end, End(Exited{1}));
  const std::string all = Show({}).out;
  EXPECT_THAT(Show({"--name", "denied", "--kind", "launch"}).out,
              AllOf(HasSubstr("\"level\":\"untrusted\""),
                    HasSubstr("\"program\":\"/opt/probe\""),
                    HasSubstr("\"filter\":\"")));
  EXPECT_THAT(Show({"--name", "denied", "--kind", "started"}).out,
              AllOf(HasSubstr("\"name\":\"seccomp\",\"state\":\"enforced\""),
                    HasSubstr("no_new_privs")));
  EXPECT_THAT(Show({"--name", "denied", "--kind", "denial"}).out,
              AllOf(HasSubstr("unshare("), HasSubstr("EPERM")))
      << all;
  EXPECT_THAT(Show({"--name", "denied", "--kind", "end"}).out,
              AllOf(HasSubstr("\"cause\":\"exited\""),
                    HasSubstr("\"denied\":{\"unshare\":2")));
  EXPECT_THAT(Show({"--name", "fails", "--kind", "end"}).out,
              HasSubstr("\"exit_code\":1"));
  EXPECT_EQ(Show({"--since", "2099-01-01"}).out, "");
  EXPECT_EQ(Show({"--since", "1h"}).out, all);
  const Outcome text = Ringfence({"log", "show", "--name", "fails"});
  EXPECT_THAT(text.out, AllOf(HasSubstr("launch"), HasSubstr("as untrusted"),
                              HasSubstr("exited with code 1")));
  ExpectHolds();
}

TEST_F(Log, HasEachRefusal) {
  EXPECT_EQ(Ran("gone", "/usr/bin/no-such-program").end, End(Exited{127}));
  EXPECT_EQ(Run({home_.path() + "/missing.yaml"}).end, End(Exited{123}));
  const std::string refused = Show({"--kind", "refusal"}).out;
  EXPECT_THAT(
      refused,
      AllOf(HasSubstr("\"name\":\"gone\""), HasSubstr("\"exit_code\":127"),
            HasSubstr("missing.yaml"), HasSubstr("\"exit_code\":123")));
  EXPECT_EQ(Show({"--kind", "end"}).out, "") << "nothing of them has run";
  ExpectHolds();
}

TEST_F(Log, FollowsItsSchema) {
  ASSERT_EQ(
      Run({Write("denied", "untrusted", {"/opt/probe", "syscall:272,0"})}).end,
      End(Exited{0}));
  (void)Ran("gone", "/usr/bin/no-such-program");
  const std::string validate = SourceDirectory() + "/tests/schemas/validate.py";
  const std::string schema = SourceDirectory() + "/audit/event.schema.json";
  const auto validated = [&](const std::string& line) {
    const std::string file = home_.path() + "/line";
    std::ofstream(file, std::ios::trunc) << line;
    return RunAs({.name = "root", .home = "/"},
                 {"/bin/sh", "-c",
                  "python3 -B " + validate + " " + schema + " < " + file});
  };
  std::istringstream lines(Show({}).out);
  size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const Outcome valid = validated(line);
    EXPECT_EQ(valid.end, End(Exited{0})) << valid << line;
    // The schema is no rubber stamp.
    if (count == 0) {
      line.replace(line.find("\"segment\""), 9, "\"unknown\"");
      EXPECT_EQ(validated(line).end, End(Exited{1}));
    }
  }
  EXPECT_GE(count, 7u);
}

TEST_F(Log, ThatWasChangedDoesNotHold) {
  for (const char* name : {"one", "two", "three"}) {
    ASSERT_EQ(Ran(name, "/usr/bin/true").end, End(Exited{0}));
  }
  ExpectHolds();
  const std::string text = Text();
  std::string changed = text;
  changed.replace(changed.find("\"two\""), 5, "\"too\"");
  SetText(changed);
  ExpectFound("events-0.jsonl:5: was changed");
  const size_t start = text.find('\n', text.find("\"two\"")) + 1;
  const size_t end = text.find('\n', start) + 1;
  SetText(text.substr(0, start) + text.substr(end));
  ExpectFound("events-0.jsonl:6: event 6 is missing in front of it");
  SetText(text.substr(0, start));
  ExpectFound("the end was cut off");
  SetText(text);
  ExpectHolds();
}

TEST_F(Log, AHeadThatWasKeptFindsALogThatWasWrittenAnew) {
  ASSERT_EQ(Ran("one", "/usr/bin/true").end, End(Exited{0}));
  const std::string said = Ringfence({"log", "verify"}).out;
  const std::string digest = said.substr(said.find("--head ") + 7, 64);
  ASSERT_EQ(Ran("two", "/usr/bin/true").end, End(Exited{0}));
  EXPECT_EQ(Ringfence({"log", "verify", "--head", digest}).end, End(Exited{0}));
  // Somebody removes everything, and lets it begin again.
  fs::remove_all(log_);
  ASSERT_EQ(Ran("two", "/usr/bin/true").end, End(Exited{0}));
  ExpectHolds();
  const Outcome found = Ringfence({"log", "verify", "--head", digest});
  EXPECT_EQ(found.end, End(Exited{1})) << found;
  EXPECT_THAT(found.out, HasSubstr("no event has the digest " + digest));
  EXPECT_EQ(Ringfence({"log", "verify", "--head", "abc"}).end, End(Exited{2}));
  EXPECT_EQ(Ringfence({"log", "show", "--since", "soon"}).end, End(Exited{2}));
  EXPECT_EQ(Ringfence({"log"}).end, End(Exited{2}));
}

// It is the user's own: that nothing is logged is said, and no more.
TEST_F(Log, ThatCannotBeWrittenIsSaidAndTheWorkloadRuns) {
  ASSERT_EQ(Ran("one", "/usr/bin/true").end, End(Exited{0}));
  fs::rename(log_, log_ + ".aside");
  fs::create_directory_symlink(log_ + ".aside", log_);
  const Outcome ran = Ran("two", "/usr/bin/true");
  EXPECT_EQ(ran.end, End(Exited{0})) << ran;
  EXPECT_THAT(ran.err, AllOf(HasSubstr("the event log misses"),
                             HasSubstr(log_ + " is not a directory")));
  EXPECT_EQ(Ringfence({"log", "verify"}).end, End(Exited{1}));
  fs::remove(log_);
  fs::rename(log_ + ".aside", log_);
  const Outcome again = Ran("two", "/usr/bin/true");
  EXPECT_THAT(again.err, Not(HasSubstr("the event log misses")));
  ExpectHolds();
}

TEST_F(Log, IsInNoSandbox) {
  ASSERT_EQ(Ran("one", "/usr/bin/true").end, End(Exited{0}));
  const std::string file = log_ + "/head";
  EXPECT_EQ(Outside({"read:" + file}).begin()->second, "0");
  EXPECT_NE(Inside("critical", {"read:" + file}).begin()->second, "0");
}

}  // namespace
}  // namespace ringfence::live
