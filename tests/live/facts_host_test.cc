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
  const std::string needs =
      Write("needs", "untrusted", {"/usr/bin/true"},
            "limits: {memory: {max: 64Mi, if_available: false}}\n");
  const Outcome checked = Checked(needs, facts);
  const Outcome ran = Run({needs});
  if (ran.end == End(Exited{121})) {
    EXPECT_EQ(checked.end, End(Exited{6})) << checked;
    EXPECT_THAT(checked.out, AllOf(HasSubstr("RF1214"), HasSubstr("memory"),
                                   HasSubstr("needs.yaml")));
    // The same words: one function decides.
    const size_t at = ran.err.find("the limit on memory");
    ASSERT_NE(at, std::string::npos) << ran;
    EXPECT_THAT(checked.out,
                HasSubstr(ran.err.substr(at, ran.err.find('\n', at) - at)));
  } else {
    EXPECT_EQ(checked.end, End(Exited{0})) << checked;
  }
}

TEST_F(Facts, AHardLimitThatDoctorCallsMissingKeepsEveryLaunchFromTheHost) {
  const auto under = [&](const char* limit, std::vector<std::string> command) {
    command.insert(command.begin(), {"prlimit", limit, ringfence_});
    return RunAs(user_, command);
  };
  const std::vector<std::string> run = {"run", "--trust", "untrusted", "--",
                                        "/usr/bin/true"};
  for (const char* limit : {"--core=0:0", "--nofile=64:64"}) {
    EXPECT_THAT(under(limit, {"doctor"}).out,
                ContainsRegex("missing +hard limits"));
    const Outcome refused = under(limit, run);
    EXPECT_NE(refused.end, End(Exited{0})) << limit;
    EXPECT_THAT(refused.err, HasSubstr("refused")) << limit;
  }
  for (const char* limit : {"--core=1:1", "--nofile=128:128"}) {
    EXPECT_THAT(under(limit, {"doctor"}).out, ContainsRegex("ok +hard limits"));
    EXPECT_EQ(under(limit, run).end, End(Exited{0})) << limit;
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
