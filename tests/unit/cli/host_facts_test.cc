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
  host.facts.limits = {
      .open_files = 524288, .processes = 31000, .core = UINT64_MAX};
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

  static std::vector<check::Finding> FindingsOf(const KnownHost& host,
                                                const std::string& path) {
    Build build({Profiles()});
    Subjects subjects(build);
    const auto document = build.ParseFile(path);
    EXPECT_TRUE(document);
    const auto subject = subjects.Of(*document);
    const auto needs = NeedsOf(*document, build);
    EXPECT_TRUE(subject && needs) << build.Problems(syntax::Colour::kOff);
    return HostFindings(host, *subject, *needs);
  }
  static bool Refused(const KnownHost& host, const std::string& path) {
    return Refuses(FindingsOf(host, path));
  }
  // What that host would refuse or cut, a line each.
  static std::string Refusals(const KnownHost& host, const std::string& path) {
    std::string text;
    for (const check::Finding& finding : FindingsOf(host, path)) {
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
  const KnownHost here = GatherHost({"public"});
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

TEST_F(HostFacts, OfAnOlderVersionAreAnErrorThatSaysWhatToDo) {
  std::string text = FactsText(Able());
  const size_t at = text.find("resource_limits");
  ASSERT_NE(at, std::string::npos);
  text.erase(at, text.find('\n', at) + 1 - at);
  EXPECT_THAT(Problems(text),
              AllOf(HasSubstr("a HostFacts needs the key `resource_limits`"),
                    HasSubstr("ringfence host facts")));
}

TEST_F(HostFacts, HaveLimitsThatAreNumbersOrUnlimited) {
  const auto with = [&](const std::string& core) {
    std::string text = FactsText(Able());
    const size_t at = text.find("core: unlimited");
    EXPECT_NE(at, std::string::npos) << text;
    return Problems(text.replace(at, 15, "core: " + core));
  };
  EXPECT_EQ(with("0"), "");
  EXPECT_EQ(with("18446744073709551615"), "");
  for (const char* bad : {"-1", "18446744073709551616", "none", "1.5", "4Ki"}) {
    EXPECT_THAT(with(bad), AllOf(HasSubstr("is not a limit"),
                                 HasSubstr("a whole number or unlimited")))
        << bad;
  }
  EXPECT_THAT(with("\"1\""), HasSubstr("remove the quotes"));
  EXPECT_THAT(with("[]"), HasSubstr("wrong type"));
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
  EXPECT_THAT(refusals([](KnownHost& host) { host.facts.limits.core = 0; }),
              AllOf(HasSubstr("web-1 cannot run this"),
                    HasSubstr("core files is 0"), HasSubstr("LimitCORE=1")));
  // What the level does not require is no refusal.
  EXPECT_THAT(refusals([](KnownHost& host) {
                host.facts.cgroup = {};
                host.facts.apparmor = false;
              }),
              IsEmpty());
}

// What the launcher only cuts is a warning, and keeps nothing from the host.
TEST_F(HostFacts, WithALowerLimitSayWhatTheWorkloadGetsLess) {
  const std::string workload =
      Write("w.yaml",
            "kind: Workload\nname: w\ntrust: untrusted\n"
            "command: [/usr/bin/true]\nlimits:\n  open_files: 200\n");
  KnownHost host = Able();
  host.facts.limits = {.open_files = 200, .processes = 5000, .core = 1};
  EXPECT_EQ(Refusals(host, workload), "");
  host.facts.limits.open_files = 199;
  EXPECT_THAT(Refusals(host, workload),
              AllOf(HasSubstr("web-1 gives `w` 199 open files, not 200"),
                    HasSubstr("LimitNOFILE="), HasSubstr("w.yaml:6")));
  EXPECT_FALSE(Refused(host, workload));
  // The level's own number, and the place that names the level.
  host.facts.limits = {.open_files = 200, .processes = 3, .core = 1};
  EXPECT_THAT(Refusals(host, workload),
              AllOf(HasSubstr("web-1 gives `w` 3 processes, not "),
                    HasSubstr("LimitNPROC="), HasSubstr("w.yaml:3")));
  EXPECT_FALSE(Refused(host, workload));
  EXPECT_THAT(Refusals(host, Profiles() + "/untrusted.yaml"),
              HasSubstr("web-1 gives `untrusted` 3 processes, not "));
  host.facts.limits.processes = 2;
  EXPECT_TRUE(Refused(host, workload));
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

TEST_F(HostFacts, SayWhetherDisksCanBeLimited) {
  const std::string workload =
      Write("w.yaml",
            "kind: Workload\nname: w\ntrust: untrusted\n"
            "command: [/usr/bin/true]\n"
            "limits:\n  disk_read: {max: 1Mi, if_available: true}\n"
            "  disk_write: 1Mi\n");
  EXPECT_THAT(Refusals(Able(), workload),
              AllOf(HasSubstr("the limit on disk_write is required"),
                    HasSubstr("was not given io"), HasSubstr("w.yaml:7"),
                    testing::Not(HasSubstr("disk_read"))));
  KnownHost host = Able();
  host.facts.cgroup.manager_controllers.emplace_back("io");
  EXPECT_EQ(Refusals(host, workload), "");
}

}  // namespace
}  // namespace ringfence::cli
