#include "cli/host_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include "cli/subjects.h"
#include "host/judge.h"
#include "paths/paths.h"

namespace ringfence::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

// A host that can do everything.
KnownHost Able() {
  KnownHost host{.name = "web-1",
                 .kernel = "6.1.0-28-amd64",
                 .architecture = "x86_64",
                 .facts = {},
                 .levels = {"public"},
                 .file = ""};
  host.facts.uid = 1001;
  host.facts.user = "app \"x\"";
  host.facts.knobs = {
      .debian_clone = 1, .apparmor_restrict = {}, .maximum = 15000};
  host.facts.notification = true;
  host.facts.wait_killable = true;
  host.facts.landlock_abi = 7;
  host.facts.apparmor = true;
  host.facts.cgroup = {.unified = true,
                       .path = "/user.slice",
                       .systemd = true,
                       .manager = true,
                       .manager_controllers = {"cpu", "memory", "pids"},
                       .uid = 1001};
  return host;
}

class HostFacts : public testing::Test {
 protected:
  HostFacts() {
    std::string path = testing::TempDir() + "ringfence-facts-XXXXXX";
    folder_ = ::mkdtemp(path.data());
  }
  ~HostFacts() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) const {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
    return path;
  }
  // What is wrong with that text; "": nothing.
  std::string Problems(const std::string& text) const {
    Build build({Profiles()});
    const auto host = ReadFacts(Write("facts.yaml", text), build);
    EXPECT_EQ(host.has_value(), !build.Failed());
    return build.Problems(syntax::Colour::kOff);
  }
  static std::string Profiles() { return SourceDirectory() + "/profiles"; }

  // Why that host would refuse the file, a line each.
  std::string Refusals(const KnownHost& host, const std::string& path) const {
    Build build({Profiles()});
    Subjects subjects(build);
    const auto document = build.ParseFile(path);
    EXPECT_TRUE(document);
    const auto subject = subjects.Of(*document);
    const auto needs = NeedsOf(*document, build);
    EXPECT_TRUE(subject && needs) << build.Problems(syntax::Colour::kOff);
    std::string text;
    for (const check::Finding& finding : HostFindings(host, *subject, *needs)) {
      text += finding.message + " | " + finding.help + " | " +
              std::filesystem::path(finding.at.file).filename().string() + ":" +
              std::to_string(finding.at.line) + "\n";
    }
    return text;
  }

  std::string folder_;
};

TEST_F(HostFacts, AreReadAsTheyWereWritten) {
  const std::string text = FactsText(Able());
  Build build({Profiles()});
  const auto host = ReadFacts(Write("facts.yaml", text), build);
  ASSERT_TRUE(host) << build.Problems(syntax::Colour::kOff);
  EXPECT_EQ(FactsText(*host), text);
  EXPECT_EQ(host->facts.user, Able().facts.user);
  EXPECT_EQ(host::Judge(host->facts), host::Judge(Able().facts));
}

TEST_F(HostFacts, OfThisHostAreWhatDoctorSays) {
  KnownHost here = GatherHost({"public"});
  here.facts.limits.reset();  // no file has them
  Build build({Profiles()});
  const auto host = ReadFacts(Write("facts.yaml", FactsText(here)), build);
  ASSERT_TRUE(host) << build.Problems(syntax::Colour::kOff);
  EXPECT_EQ(host::JudgeAnyLaunch(host->facts),
            host::JudgeAnyLaunch(here.facts));
}

// Cut anywhere, the file is an error, and never one that says less.
TEST_F(HostFacts, ThatAreCutOffAreAnError) {
  const std::string text = FactsText(Able());
  ASSERT_EQ(Problems(text), "");
  for (size_t size = 0; size + 1 < text.size(); ++size) {
    ASSERT_NE(Problems(text.substr(0, size)), "") << text.substr(0, size);
  }
}

TEST_F(HostFacts, OfALaterVersionOrWithUnknownKeysAreAnError) {
  std::string text = FactsText(Able());
  text.replace(text.find("version: 1"), 10, "version: 2");
  EXPECT_THAT(Problems(text),
              HasSubstr("`2` is not a version of host facts that this "
                        "Ringfence reads"));
  EXPECT_THAT(Problems(FactsText(Able()) + "landlock_scopes: 3\n"),
              HasSubstr("unknown key `landlock_scopes`"));
  EXPECT_THAT(Problems("kind: Host\n"), HasSubstr("HostFacts"));
}

TEST_F(HostFacts, OfAHostThatCanAllRefuseNothing) {
  for (const char* level : {"critical", "internal", "public", "untrusted"}) {
    EXPECT_EQ(Refusals(Able(), Profiles() + "/" + level + ".yaml"), "");
  }
}

TEST_F(HostFacts, WithoutAProtectionRefuseWhatNeedsIt) {
  const std::string level = Profiles() + "/critical.yaml";
  const auto refusals = [&](const std::function<void(KnownHost&)>& change) {
    KnownHost host = Able();
    change(host);
    return Refusals(host, level);
  };
  EXPECT_THAT(refusals([](KnownHost& host) {
                host.facts.landlock_abi = 0;
                host.levels = {};
              }),
              AllOf(HasSubstr("mandatory access"), HasSubstr("lsm="),
                    HasSubstr("web-1 cannot run this")));
  EXPECT_THAT(refusals([](KnownHost& host) {
                host.facts.knobs.maximum = 0;
                host.facts.namespaces = {host::NamespaceTrial::Step::kClone,
                                         ENOSPC};
              }),
              AllOf(HasSubstr("user namespaces: cannot be made"),
                    HasSubstr("sysctl user.max_user_namespaces")));
  EXPECT_THAT(
      refusals([](KnownHost& host) { host.facts.wait_killable = false; }),
      HasSubstr("Linux 5.19"));
  EXPECT_THAT(refusals([](KnownHost& host) {
                host.facts.groups = {{"docker", "become root"}};
              }),
              HasSubstr("docker"));
  // What the level does not require is no refusal.
  EXPECT_THAT(refusals([](KnownHost& host) {
                host.facts.cgroup = {};
                host.facts.apparmor = false;
              }),
              IsEmpty());
}

// The line is that of the file that asks for it.
TEST_F(HostFacts, NameTheLineThatAsksForIt) {
  const std::string workload =
      Write("w.yaml",
            "kind: Workload\nname: w\ntrust: untrusted\n"
            "command: [/usr/bin/true]\n"
            "limits:\n  memory: {max: 64Mi, if_available: false}\n");
  EXPECT_EQ(Refusals(Able(), workload), "");
  KnownHost host = Able();
  host.facts.cgroup.unified = false;
  EXPECT_THAT(
      Refusals(host, workload),
      AllOf(HasSubstr("the limit on memory is required"),
            HasSubstr("unified_cgroup_hierarchy"), HasSubstr("w.yaml:6")));
}

}  // namespace
}  // namespace ringfence::cli
