// The event log of a user: what is in it, and what shows that it was changed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "live/sandbox.h"
#include "paths/paths.h"

namespace ringfence::live {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ContainsRegex;
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
  std::string Text() const { return TextOf(log_ + "/events-0.jsonl"); }
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

TEST_F(Log, IsInTheReportForAuditors) {
  const std::string share = home_.path() + "/share/ringfence";
  for (const char* folder : {"/policies", "/audit"}) {
    fs::copy(SourceDirectory() + folder, share + folder,
             fs::copy_options::recursive);
  }
  ASSERT_EQ(
      Run({Write("denied", "untrusted", {"/opt/probe", "syscall:272,0"})}).end,
      End(Exited{0}));
  EXPECT_EQ(Ran("fails", "/usr/bin/false").end, End(Exited{1}));
  EXPECT_EQ(Ran("gone", "/usr/bin/no-such-program").end, End(Exited{127}));
  EXPECT_EQ(Run({home_.path() + "/missing.yaml"}).end, End(Exited{123}));

  const Options patient{.time_limit = std::chrono::minutes(5)};
  const auto report = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "report");
    return Ringfence(arguments, patient);
  };
  // Of this host: its levels, its facts and its log.
  const Outcome markdown = report({"--md"});
  ASSERT_EQ(markdown.end, End(Exited{0})) << markdown;
  for (const char* part :
       {"## Host", "Landlock ABI", "the event log is whole", "\n## What ran"}) {
    ASSERT_THAT(markdown.out, HasSubstr(part));
  }
  const std::string ran =
      markdown.out.substr(markdown.out.find("\n## What ran"));
  for (const char* row :
       {"launch \\| denied \\| untrusted \\| as untrusted: /opt/probe; filter "
        "[0-9a-f]{64} \\|",
        "started \\| fails \\| untrusted \\| runs, read back before its first "
        "instruction",
        "denial \\| denied \\| untrusted \\| probe.*unshare.* = EPERM; denied "
        "by",
        "end \\| denied \\| untrusted \\| exited with code 0; 1 call was "
        "denied "
        "\\|",
        "end \\| fails \\| untrusted \\| exited with code 1 \\|",
        "refusal \\| gone \\| untrusted \\| exit code 127: cannot execute",
        "refusal \\| [^|]*missing.yaml \\| +\\| exit code 123: cannot read"}) {
    EXPECT_THAT(ran, ContainsRegex(row));
  }
  // In words: nothing of the lines of the log themselves.
  for (const char* raw : {"{", "exit\\_code", "\\x0a", "remedy"}) {
    EXPECT_THAT(ran, Not(HasSubstr(raw)));
  }
  const Outcome page = report({"--html"});
  ASSERT_EQ(page.end, End(Exited{0})) << page.err;
  const std::string file = home_.path() + "/report.html";
  std::ofstream(file, std::ios::trunc) << page.out;
  const Outcome seen = RunAs(
      {.name = "root", .home = "/"},
      {"python3", "-B", SourceDirectory() + "/tests/report/look.py", file},
      patient);
  EXPECT_EQ(seen.end, End(Exited{0})) << seen;

  // Of a copy, which is the same; and of one that was changed.
  const std::string copy = home_.path() + "/copy";
  fs::copy(log_, copy);
  fs::permissions(copy, fs::perms::all);
  for (const auto& entry : fs::directory_iterator(copy)) {
    fs::permissions(entry.path(), fs::perms::all);
  }
  const std::string profiles = share + "/profiles";
  const Outcome json = report({"--json", "--log", copy, profiles});
  EXPECT_EQ(json.end, End(Exited{0})) << json.err;
  const std::string text = Text();
  const size_t at = text.find("\"fails\"");
  ASSERT_NE(at, std::string::npos);
  std::ofstream(copy + "/events-0.jsonl", std::ios::trunc)
      << std::string(text).replace(at, 7, "\"works\"");
  const Outcome changed = report({"--json", "--log", copy, profiles});
  EXPECT_EQ(changed.end, End(Exited{1})) << changed.err;
  EXPECT_THAT(changed.out, HasSubstr("was changed"));
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
