// What `check --host` says of this host is what `run` does here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "live/sandbox.h"

namespace ringfence::live {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class Facts : public SandboxTest {
 protected:
  std::string Save(const std::string& name, const std::string& text) const {
    const std::string path = home_.path() + "/" + name;
    std::ofstream(path, std::ios::trunc) << text;
    std::filesystem::permissions(path, std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::add);
    return path;
  }
  std::string Here() const {
    const Outcome facts = Ringfence({"host", "facts"});
    EXPECT_EQ(facts.end, End(Exited{0})) << facts;
    return facts.out;
  }
  std::string Level(const std::string& name) const {
    return home_.path() + "/share/ringfence/profiles/" + name + ".yaml";
  }
  // A gate that everything passes leaves the host alone to object.
  Outcome Checked(const std::string& file, const std::string& facts) const {
    const std::string policy = home_.path() + "/policies";
    std::filesystem::create_directories(policy);
    (void)Save("policies/gate.yaml",
               "kind: Gate\nname: easy\nrules: [{id: getpid, severity: error, "
               "reason: all do, must_allow: \"getpid()\"}]\n");
    return Ringfence({"check", file, "--policy", policy, "--host", facts});
  }
  static std::string With(std::string text, const std::string& from,
                          const std::string& to) {
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from << " in " << text;
    const size_t end = text.find('\n', at);
    return text.replace(at, end - at, to);
  }
};

TEST_F(Facts, OfThisHostAgreeWithWhatRunDoesHere) {
  const std::string facts = Save("facts.yaml", Here());
  for (const char* level : {"critical", "internal", "public", "untrusted"}) {
    const Outcome checked = Checked(Level(level), facts);
    const Outcome ran = Run({"--trust", level, "--", "/usr/bin/true"});
    EXPECT_EQ(checked.end == End(Exited{0}), ran.end == End(Exited{0}))
        << checked << ran;
  }
  // A workload that requires what this host may not have.
  for (const std::string key : {"memory", "disk_read", "disk_write"}) {
    const std::string needs =
        Write("needs", "untrusted", {"/usr/bin/true"},
              "limits: {" + key + ": {max: 64Mi, if_available: false}}\n");
    const Outcome checked = Checked(needs, facts);
    const Outcome ran = Run({needs});
    // What lies on which disk no facts tell.
    if (ran.err.find("names no disk of its own") != std::string::npos) continue;
    if (ran.end != End(Exited{121})) {
      EXPECT_EQ(checked.end, End(Exited{0})) << checked;
      continue;
    }
    EXPECT_EQ(checked.end, End(Exited{6})) << checked;
    EXPECT_THAT(checked.out, AllOf(HasSubstr("RF1214"), HasSubstr(key),
                                   HasSubstr("needs.yaml")));
    // The same words: one function decides.
    const size_t at = ran.err.find("the limit on " + key);
    ASSERT_NE(at, std::string::npos) << ran;
    EXPECT_THAT(checked.out,
                HasSubstr(ran.err.substr(at, ran.err.find('\n', at) - at)));
  }
}

TEST_F(Facts, ALimitOnDisksIsSaidWhereThereIsNone) {
  const std::string optional =
      Write("optional", "untrusted", {"/usr/bin/true"},
            "limits: {disk_read: {max: 64Mi, if_available: true}}\n");
  const Outcome ran = Run({"--verbose", optional});
  EXPECT_EQ(ran.end, End(Exited{0})) << ran;
  EXPECT_THAT(ran.err, ContainsRegex("disk_read: (not )?enforced: "));
}

TEST_F(Facts, AHardLimitThatDoctorCallsMissingKeepsEveryLaunchFromTheHost) {
  const auto under = [&](const char* limit, std::vector<std::string> command) {
    command.insert(command.begin(), {"prlimit", limit, ringfence_});
    return RunAs(user_, command);
  };
  const std::vector<std::string> run = {"run", "--trust", "untrusted", "--",
                                        "/usr/bin/true"};
  // The facts that are written under that limit, judged without it.
  const auto checked = [&](const char* limit) {
    const Outcome facts = under(limit, {"host", "facts"});
    EXPECT_EQ(facts.end, End(Exited{0})) << facts;
    return Checked(Level("untrusted"), Save("limited.yaml", facts.out));
  };
  for (const char* limit : {"--core=0:0", "--nofile=94:94", "--nproc=2:2"}) {
    EXPECT_THAT(under(limit, {"doctor"}).out,
                ContainsRegex("missing +hard limits"));
    const Outcome refused = under(limit, run);
    EXPECT_NE(refused.end, End(Exited{0})) << limit;
    EXPECT_THAT(refused.err, HasSubstr("refused")) << limit;
    const Outcome found = checked(limit);
    EXPECT_EQ(found.end, End(Exited{6})) << limit << found;
    EXPECT_THAT(found.out, AllOf(HasSubstr("RF1214"), HasSubstr("hard limits")))
        << limit;
  }
  // The least that will do; the level asks for more, and has that cut.
  for (const auto& [limit, cut] :
       {std::pair("--core=1:1", ""),
        std::pair("--nofile=95:95", "gives `untrusted` 95 open files"),
        std::pair("--nproc=3:3", "gives `untrusted` 3 processes")}) {
    EXPECT_THAT(under(limit, {"doctor"}).out, ContainsRegex("ok +hard limits"));
    EXPECT_EQ(under(limit, run).end, End(Exited{0})) << limit;
    const Outcome found = checked(limit);
    EXPECT_EQ(found.end, End(Exited{0})) << limit << found;
    EXPECT_THAT(found.out, HasSubstr(cut)) << limit;
    EXPECT_EQ(found.out.find("RF1215") != std::string::npos, *cut != '\0')
        << found;
  }
}

TEST_F(Facts, OfAPoorerHostRefuseWhatNeedsMore) {
  const std::string here = Here();
  const std::string poor = With(here, "landlock_abi:", "landlock_abi: 0");
  const Outcome refused = Checked(
      Level("public"),
      Save("poor.yaml",
           With(poor, "apparmor:", "apparmor: {enabled: false, levels: []}")));
  EXPECT_EQ(refused.end, End(Exited{6})) << refused;
  EXPECT_THAT(refused.out,
              AllOf(HasSubstr("RF1214"), HasSubstr("Landlock"),
                    HasSubstr("mandatory_access"), HasSubstr("help: ")));
  const Outcome closed =
      Checked(Level("public"),
              Save("closed.yaml",
                   With(here, "namespaces:",
                        "namespaces: {failed: clone, error: 28, maximum: 0}")));
  EXPECT_EQ(closed.end, End(Exited{6})) << closed;
  EXPECT_THAT(closed.out, HasSubstr("user.max_user_namespaces"));

  const Outcome limited =
      Checked(Level("public"),
              Save("limited.yaml",
                   With(here, "resource_limits:",
                        "resource_limits: {open_files: unlimited, processes: "
                        "unlimited, core: 0}")));
  EXPECT_EQ(limited.end, End(Exited{6})) << limited;
  EXPECT_THAT(limited.out, HasSubstr("LimitCORE=1"));

  const Outcome older = Checked(
      Level("public"), Save("older.yaml", With(here, "resource_limits:", "")));
  EXPECT_EQ(older.end, End(Exited{3})) << older;
  EXPECT_THAT(older.err, HasSubstr("needs the key `resource_limits`"));
  const Outcome later =
      Checked(Level("public"),
              Save("later.yaml", With(here, "version:", "version: 2")));
  EXPECT_EQ(later.end, End(Exited{3})) << later;
  EXPECT_THAT(later.err, HasSubstr("version"));
  const Outcome gone = Checked(Level("public"), home_.path() + "/gone.yaml");
  EXPECT_NE(gone.end, End(Exited{0})) << gone;
}

TEST_F(Facts, OfTheHostsOfAPlacementCount) {
  const std::string here = Here();
  Save("here.yaml", here);
  Save("closed.yaml",
       With(here, "namespaces:", "namespaces: {failed: clone, error: 1}"));
  Save("low.yaml",
       With(here, "resource_limits:",
            "resource_limits: {open_files: 100, processes: unlimited, "
            "core: unlimited}"));
  (void)Write("w", "untrusted", {"/usr/bin/true"});
  const auto plan = [&](const std::string& facts,
                        const std::vector<std::string>& more) {
    const std::string path =
        Save("placement.yaml",
             "kind: Placement\nhosts: [{name: a, workloads: "
             "[w.yaml]" +
                 facts + "}]\n");
    std::vector<std::string> line = {"plan", path};
    line.insert(line.end(), more.begin(), more.end());
    return Ringfence(line);
  };
  EXPECT_EQ(plan("", {}).end, End(Exited{0}));
  const Outcome good = plan(", facts: here.yaml", {});
  EXPECT_EQ(good.end, End(Exited{0})) << good;
  const Outcome low = plan(", facts: low.yaml", {});
  EXPECT_EQ(low.end, End(Exited{0})) << low;
  EXPECT_THAT(low.out, AllOf(HasSubstr("CUT: w (untrusted)"),
                             HasSubstr("gives `w` 100 open files, not "),
                             HasSubstr("the plan holds")));
  for (const Outcome& refused :
       {plan(", facts: closed.yaml", {}),
        plan("", {"--host", home_.path() + "/closed.yaml"})}) {
    EXPECT_EQ(refused.end, End(Exited{6})) << refused;
    EXPECT_THAT(refused.out, AllOf(HasSubstr("CANNOT RUN: w (untrusted)"),
                                   HasSubstr("user namespaces")));
  }
}

}  // namespace
}  // namespace ringfence::live
