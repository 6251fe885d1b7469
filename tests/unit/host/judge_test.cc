#include "host/judge.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

namespace ringfence::host {
namespace {

using State = Finding::State;
using Step = NamespaceTrial::Step;
using testing::HasSubstr;

// A host that gives everything.
Facts Best() {
  Facts facts;
  facts.uid = 1000;
  facts.user = "alice";
  facts.notification = facts.wait_killable = true;
  facts.landlock_abi = 7;
  facts.apparmor = true;
  facts.selinux = Selinux::kEnforcing;
  facts.cgroup = {.unified = true,
                  .path = "/sys/fs/cgroup/user.slice/x.scope",
                  .writable = true,
                  .delegated = true,
                  .alone = true,
                  .controllers = {"cpu", "io", "memory", "pids"}};
  facts.subordinate = {.uids = true, .gids = true, .programs = true};
  facts.limits = {
      .open_files = 1048576, .processes = UINT64_MAX, .core = UINT64_MAX};
  facts.ledger = {.scope = admit::Scope::kHost, .path = "/run/x"};
  facts.policy.accepts = {"public"};
  return facts;
}

Finding Find(const Facts& facts, const std::string& protection) {
  for (const Finding& finding : Judge(facts)) {
    if (finding.protection == protection) return finding;
  }
  throw std::logic_error("no finding " + protection);
}

TEST(Judge, TheBestHostHasNothingToRemedy) {
  for (const Finding& finding : Judge(Best())) {
    EXPECT_EQ(finding.state, State::kOk) << finding.protection;
    EXPECT_EQ(finding.remedy, "");
    EXPECT_NE(finding.detail, "");
  }
}

TEST(Judge, AHardLimitThatNoLaunchCanLiveWithIsMissing) {
  const auto missing = [](HardLimits limits) {
    Facts facts = Best();
    facts.limits = limits;
    const auto found = JudgeAnyLaunch(facts);
    return found.empty() ? "" : found.front().detail;
  };
  EXPECT_EQ(missing({.open_files = 95, .processes = 3, .core = 1}), "");
  EXPECT_THAT(missing({.open_files = 95, .processes = 3, .core = 0}),
              HasSubstr("core files is 0"));
  EXPECT_THAT(missing({.open_files = 94, .processes = 3, .core = 1}),
              HasSubstr("open files is 94, and a launch needs 95"));
  EXPECT_THAT(missing({.open_files = 95, .processes = 2, .core = 1}),
              HasSubstr("processes is 2, and a launch needs 3"));
  // What could not be asked for.
  EXPECT_NE(missing({}), "");
}

TEST(Judge, SaysUpToWhichLimitsALaunchMaySetItsOwn) {
  const auto detail = [](HardLimits limits) {
    Facts facts = Best();
    facts.limits = limits;
    return Find(facts, "hard limits").detail;
  };
  const HardLimits none = {
      .open_files = UINT64_MAX, .processes = UINT64_MAX, .core = UINT64_MAX};
  EXPECT_EQ(detail(none), "let a launch set its own");
  HardLimits few = none;
  few.processes = 500;
  EXPECT_EQ(detail(few), "let a launch set its own, up to 500 processes");
  few.open_files = 4096;
  EXPECT_EQ(detail(few),
            "let a launch set its own, up to 4096 open files and 500 "
            "processes");
}

TEST(Judge, AHostThatGivesNothingHasARemedyForEverything) {
  Facts facts;
  facts.uid = 1000;
  facts.namespaces = {Step::kClone, EPERM};
  facts.groups = {{"docker", "do anything"}};
  facts.ledger.unusable = {"/run/ringfence", "is odd", "do this"};
  facts.foreign.hidden = true;
  facts.neighbours = {.ksm = true, .smt = true};
  for (const Finding& finding : Judge(facts)) {
    if (finding.protection == "ordinary user") continue;
    EXPECT_NE(finding.state, State::kOk) << finding.protection;
    EXPECT_NE(finding.remedy, "") << finding.protection;
  }
}

TEST(Judge, NamesTheSwitchThatTurnsUserNamespacesOff) {
  struct Case {
    NamespaceTrial trial;
    NamespaceKnobs knobs;
    const char* detail;
    const char* remedy;
  };
  const std::vector<Case> cases{
      {{Step::kClone, ENOSPC},
       {.maximum = 0},
       "max_user_namespaces is 0",
       "sysctl user.max_user_namespaces"},
      {{Step::kClone, EPERM},
       {.debian_clone = 0, .maximum = 99},
       "unprivileged_userns_clone is 0",
       "unprivileged_userns_clone=1"},
      {{Step::kMap, EPERM},
       {.apparmor_restrict = 1, .maximum = 99},
       "AppArmor restricts",
       "userns,"},
      {{Step::kClone, ENOSPC},
       {.maximum = 5},
       "limit on user namespaces",
       "raise"},
      {{Step::kClone, EPERM},
       {.debian_clone = 1, .apparmor_restrict = 0, .maximum = 99},
       "container",
       "outside"}};
  for (const Case& c : cases) {
    Facts facts = Best();
    facts.namespaces = c.trial;
    facts.knobs = c.knobs;
    const Finding finding = Find(facts, "user namespaces");
    EXPECT_EQ(finding.state, State::kMissing);
    EXPECT_THAT(finding.detail, HasSubstr(c.detail));
    EXPECT_THAT(finding.remedy, HasSubstr(c.remedy));
    EXPECT_EQ(Find(facts, "private /proc").state, State::kMissing);
  }
}

TEST(Judge, AMaskedProcIsToldFromAClosedUserNamespace) {
  Facts facts = Best();
  facts.namespaces = {Step::kProc, EPERM};
  EXPECT_EQ(Find(facts, "user namespaces").state, State::kOk);
  const Finding proc = Find(facts, "private /proc");
  EXPECT_EQ(proc.state, State::kMissing);
  EXPECT_THAT(proc.detail, HasSubstr("masks"));
}

TEST(Judge, AppArmorSaysWhatItNeeds) {
  Facts facts = Best();
  EXPECT_EQ(Find(facts, "AppArmor").state, State::kOk);
  EXPECT_THAT(Find(facts, "AppArmor").detail, HasSubstr("root has loaded"));
  facts.apparmor_gap = {"there is none", "load it"};
  EXPECT_EQ(Find(facts, "AppArmor").state, State::kDegraded);
  EXPECT_THAT(Find(facts, "AppArmor").detail,
              HasSubstr("active, but Ringfence's policy is not loaded: there"));
  EXPECT_EQ(Find(facts, "AppArmor").remedy, "load it");
  facts.apparmor = false;
  EXPECT_EQ(Find(facts, "AppArmor").state, State::kDegraded);
}

TEST(Judge, SelinuxSaysWhatItNeeds) {
  Facts facts = Best();
  facts.selinux = Selinux::kEnforcing;
  EXPECT_EQ(Find(facts, "SELinux").state, State::kOk);
  facts.selinux_gap = {"no such label", "load it"};
  EXPECT_EQ(Find(facts, "SELinux").state, State::kDegraded);
  EXPECT_THAT(Find(facts, "SELinux").detail, HasSubstr("no such label"));
  EXPECT_EQ(Find(facts, "SELinux").remedy, "load it");
  facts.selinux = Selinux::kPermissive;
  EXPECT_EQ(Find(facts, "SELinux").state, State::kDegraded);
  EXPECT_THAT(Find(facts, "SELinux").detail, HasSubstr("permissive"));
}

TEST(Judge, EachMissingLandlockAbiIsNamed) {
  size_t length = 0;
  for (uint32_t abi = 7; abi >= 1; --abi) {
    Facts facts = Best();
    facts.landlock_abi = abi;
    const Finding finding = Find(facts, "Landlock");
    EXPECT_EQ(finding.state, abi == 7 ? State::kOk : State::kDegraded);
    EXPECT_GT(finding.detail.size(), length);
    length = finding.detail.size();
  }
  Facts facts = Best();
  facts.landlock_abi = 0;
  EXPECT_EQ(Find(facts, "Landlock").state, State::kMissing);
}

TEST(Judge, SeccompNeedsTheFlagToo) {
  Facts facts = Best();
  facts.wait_killable = false;
  EXPECT_THAT(Find(facts, "seccomp").detail, HasSubstr("WAIT_KILLABLE_RECV"));
  EXPECT_EQ(Find(facts, "seccomp").state, State::kMissing);
}

TEST(Judge, TellsApartWhyNoCgroupLimitsMemory) {
  struct Case {
    Cgroup cgroup;
    const char* detail;
    const char* remedy;
  };
  const std::vector<Case> cases{
      {{.unified = false, .systemd = true},
       "no cgroup v2",
       "unified_cgroup_hierarchy=1"},
      {{.unified = true,
        .writable = true,
        .delegated = true,
        .alone = true,
        .controllers = {"pids"}},
       "memory, cpu",
       "Delegate=yes"},
      {{.unified = true,
        .systemd = true,
        .manager = true,
        .manager_controllers = {"memory", "pids"}},
       "manager was not given cpu",
       "user@.service.d"},
      {{.unified = true, .systemd = true, .uid = 1000},
       "no systemd manager of this user",
       "enable-linger 1000"},
      {{.unified = true, .writable = true, .delegated = true},
       "other processes are in",
       "--cgroup"},
      {{.unified = true}, "is not delegated to this user", "--cgroup"}};
  for (const Case& c : cases) {
    Facts facts = Best();
    facts.cgroup = c.cgroup;
    const Finding finding = Find(facts, "memory and cpu limits");
    EXPECT_EQ(finding.state, State::kDegraded) << c.detail;
    EXPECT_THAT(finding.detail, HasSubstr(c.detail));
    EXPECT_THAT(finding.remedy, HasSubstr(c.remedy));
  }
}

TEST(Judge, TheUsersManagerMakesACgroupWhereTheOwnIsCrowded) {
  Facts facts = Best();
  facts.cgroup.alone = false;
  facts.cgroup.manager = true;
  facts.cgroup.manager_controllers = {"cpu", "memory", "pids"};
  EXPECT_EQ(Find(facts, "memory and cpu limits").state, State::kOk);
  EXPECT_EQ(Choose(facts.cgroup).way, Way::kScope);
}

TEST(Judge, LimitsOnDisksNeedOneControllerMore) {
  Facts facts = Best();
  EXPECT_EQ(Find(facts, "disk limits").state, State::kOk);
  facts.cgroup.controllers = {"cpu", "memory", "pids"};
  EXPECT_EQ(Find(facts, "memory and cpu limits").state, State::kOk);
  Finding finding = Find(facts, "disk limits");
  EXPECT_EQ(finding.state, State::kDegraded);
  EXPECT_THAT(finding.detail, HasSubstr("is delegated without io"));
  EXPECT_THAT(finding.remedy, HasSubstr("Delegate=yes"));

  facts.cgroup.alone = false;
  facts.cgroup.manager = true;
  facts.cgroup.manager_controllers = {"cpu", "memory", "pids"};
  finding = Find(facts, "disk limits");
  EXPECT_THAT(finding.detail, HasSubstr("manager was not given io"));
  EXPECT_THAT(finding.remedy, HasSubstr("Delegate=cpu io memory pids"));
  facts.cgroup.manager_controllers = {"cpu", "io", "memory", "pids"};
  EXPECT_EQ(Find(facts, "disk limits").state, State::kOk);

  facts.cgroup.unified = false;
  EXPECT_THAT(Find(facts, "disk limits").detail, HasSubstr("no cgroup v2"));
}

TEST(Judge, UserScopeSaysThatOnlyThisUserIsCovered) {
  Facts facts = Best();
  facts.ledger.scope = admit::Scope::kUser;
  const Finding finding = Find(facts, "co-location");
  EXPECT_EQ(finding.state, State::kDegraded);
  EXPECT_THAT(finding.detail, HasSubstr("only the workloads of alice"));
  EXPECT_THAT(finding.remedy, HasSubstr("host init"));
}

TEST(Judge, APowerfulGroupRefusesAUser) {
  Facts facts = Best();
  facts.groups = {{"docker", "become root"}};
  EXPECT_EQ(Find(facts, "groups").state, State::kMissing);
}

TEST(Judge, SaysWhatTheRulesOfTheHostAre) {
  Facts facts = Best();
  facts.policy.draining = true;
  EXPECT_THAT(Find(facts, "co-location").detail,
              testing::AllOf(HasSubstr("reserved for public"),
                             HasSubstr("being drained")));
  facts.policy.accepts = {"public", "internal"};
  EXPECT_EQ(Find(facts, "page cache").state, State::kDegraded);
}

TEST(Judge, ForeignWorkloadsAreNamedOrRefused) {
  Facts facts = Best();
  facts.foreign.found = {{CgroupName::Kind::kContainer, "crun:web", 7, 0}};
  EXPECT_EQ(Find(facts, "foreign workloads").state, State::kDegraded);
  EXPECT_THAT(Find(facts, "foreign workloads").detail, HasSubstr("crun:web"));
  facts.policy.containers = model::ForeignAnswer::kRefuse;
  EXPECT_EQ(Find(facts, "foreign workloads").state, State::kMissing);
  facts.policy.known = {"crun:*"};
  EXPECT_EQ(Find(facts, "foreign workloads").state, State::kDegraded);
  facts.foreign = {.found = {}, .hidden = true, .limits = {"/proc hides"}};
  EXPECT_EQ(Find(facts, "foreign workloads").state, State::kMissing);
  facts.policy = {};
  EXPECT_EQ(Find(facts, "foreign workloads").state, State::kDegraded);
}

TEST(Gather, LooksAtThisHost) {
  const Facts facts = Gather();
  EXPECT_FALSE(facts.user.empty());
  // What the trial says agrees with a second one.
  EXPECT_EQ(facts.namespaces, TryNamespaces());
  EXPECT_EQ(Judge(facts).size(), 17u);
}

}  // namespace
}  // namespace ringfence::host
