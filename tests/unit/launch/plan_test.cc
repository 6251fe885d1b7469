#include "launch/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/label.h"
#include "sys/mount.h"
#include "unit/bundle/sample.h"

namespace ringfence::launch {
namespace {

using testing::ElementsAreArray;

bundle::Bundle SampleBundle() {
  return bundle::Open(PackSample(SampleConfinement())).value();
}

// Every bind is there, at a path of its own.
std::vector<HostSource> AllPresent(const bundle::Bundle& bundle) {
  std::vector<HostSource> sources;
  for (const auto& entry : bundle.view) {
    const bool bind = entry.kind == model::ViewEntry::Kind::kBind;
    sources.push_back({.present = bind,
                       .path = bind ? "/host" + entry.at : "",
                       .object = {1, 2, true}});
  }
  return sources;
}

std::vector<std::string> Lines(const Plan& plan) {
  std::vector<std::string> lines;
  for (const Step& step : plan.steps) lines.push_back(Describe(step));
  return lines;
}

TEST(MakePlan, TakesTheStepsInTheOrderOfTheDocument) {
  const bundle::Bundle bundle = SampleBundle();
  const Plan plan = MakePlan(bundle, AllPresent(bundle), {.landlock_abi = 7});
  const std::vector<std::string> expected = {
      "start a session",
      "make a new keyring",
      "set the host name",
      "make mounts private",
      "bring loopback up",
      "make the root",
      "make the link /bin",
      "make the directory /dev",
      "make the file /dev/null",
      "bind /dev/null",
      "make the file /dev/zero",
      "bind /dev/zero",
      "make the file /dev/full",
      "bind /dev/full",
      "make the file /dev/random",
      "bind /dev/random",
      "make the file /dev/urandom",
      "bind /dev/urandom",
      "make the file /dev/tty",
      "bind /dev/tty",
      "make the directory /dev/pts",
      "mount private terminals on /dev/pts",
      "make the link /dev/fd",
      "make the link /dev/stdin",
      "make the link /dev/stdout",
      "make the link /dev/stderr",
      "make the link /dev/ptmx",
      "make the directory /dev/shm",
      "mount scratch space on /dev/shm",
      "make the directory /etc",
      "make the file /etc/passwd",
      "make the directory /proc",
      "mount a private procfs on /proc",
      "make the directory /srv",
      "make the directory /srv/data",
      "bind /srv/data from /host/srv/data",
      "make the directory /usr",
      "bind /usr from /host/usr",
      "make the root read-only",
      "leave the host's tree",
      "verify the view",
      "protect init",
      "drop capabilities",
      "set no_new_privs",
      "verify init",
      "give the workload a session",
      "enter the directory /srv/data",
      "set a resource limit",
      "set a resource limit",
      "set a resource limit",
      "allow by Landlock /dev",
      "allow by Landlock /dev/shm",
      "allow by Landlock /etc/passwd",
      "allow by Landlock /proc",
      "allow by Landlock /srv/data",
      "allow by Landlock /usr",
      "enforce Landlock",
      "install the system call filter",
      "verify the workload",
      "execute /usr/bin/sleep",
  };
  EXPECT_THAT(Lines(plan), ElementsAreArray(expected));
}

TEST(MakePlan, SelectsALabelBeforeLandlockAndPutsTheStubBeforeTheProgram) {
  const bundle::Bundle bundle = SampleBundle();
  const Facts facts = {.landlock_abi = 2,
                       .apparmor = {.enabled = true, .profile = "ringfence-x"}};
  const Plan plan = MakePlan(bundle, AllPresent(bundle), facts);
  const auto at = [&](StepKind kind) {
    return std::ranges::find(plan.steps, kind, &Step::kind) -
           plan.steps.begin();
  };
  EXPECT_EQ(plan.steps[static_cast<size_t>(at(StepKind::kLabel))].text,
            "exec ringfence-x");
  EXPECT_LT(at(StepKind::kLimit), at(StepKind::kLabel));
  EXPECT_LT(at(StepKind::kLabel), at(StepKind::kLandlockPath));
  EXPECT_EQ(plan.steps.back().path, model::kStubPath);
  EXPECT_EQ(Describe(plan.steps.back()), "execute /usr/bin/sleep");
  EXPECT_THAT(Lines(plan),
              testing::IsSupersetOf({"make the file /.ringfence-stub",
                                     "mount a procfs for the label",
                                     "allow by Landlock /.ringfence-stub"}));
}

TEST(MakePlan, StacksTheLabelOfALauncherThatIsConfinedItself) {
  const bundle::Bundle bundle = SampleBundle();
  const Facts facts = {
      .landlock_abi = 0,
      .apparmor = {
          .enabled = true, .confined = true, .profile = "ringfence-x"}};
  const Plan plan = MakePlan(bundle, AllPresent(bundle), facts);
  EXPECT_THAT(Lines(plan),
              testing::Contains("select the label stack ringfence-x"));
}

TEST(MakePlan, SelectsALabelOfSelinuxAsAWhole) {
  const bundle::Bundle bundle = SampleBundle();
  const Facts facts = {.landlock_abi = 2,
                       .selinux = {.enabled = true, .label = "u:r:t:s0:c1,c2"}};
  const Plan plan = MakePlan(bundle, AllPresent(bundle), facts);
  const auto label =
      std::ranges::find(plan.steps, StepKind::kLabel, &Step::kind);
  ASSERT_NE(label, plan.steps.end());
  EXPECT_EQ(label->path, kSelinuxExecAttribute);
  EXPECT_EQ(label->text, "u:r:t:s0:c1,c2");
  EXPECT_EQ(plan.steps.back().path, model::kStubPath);
}

TEST(SelinuxLabel, IsTheCallersWithTypeAndCategoriesOfTheWorkload) {
  bundle::Bundle bundle = SampleBundle();
  bundle.level.name = "very-public";
  bundle.level_depth = 2;
  const std::string label =
      SelinuxLabel("u:r:shell_t:s0-s0:c0.c1023", bundle, model::HostUid{1000});
  EXPECT_THAT(label, testing::MatchesRegex(
                         "u:r:ringfence_very_public_t:s0:c[0-9]+,c[0-9]+"));
  EXPECT_EQ(SelinuxLabel("u:r:t:s0", bundle, model::HostUid{1000}), label);
  EXPECT_NE(SelinuxLabel("u:r:t:s0", bundle, model::HostUid{1001}), label);
  EXPECT_EQ(SelinuxLabel("u:r:t", bundle, model::HostUid{1000}), "");
  EXPECT_EQ(SelinuxLabel("unconfined", bundle, model::HostUid{1000}), "");
}

TEST(MakePlan, RestrictsEveryMount) {
  const bundle::Bundle bundle = SampleBundle();
  const Plan plan = MakePlan(bundle, AllPresent(bundle), {.landlock_abi = 7});
  for (const Step& step : plan.steps) {
    const bool device =
        step.path.starts_with("/dev/") && step.text == step.path;
    if (step.kind == StepKind::kBind || step.kind == StepKind::kScratch) {
      EXPECT_NE(step.attributes & sys::kMountNoSuid, 0u) << step.path;
      EXPECT_EQ((step.attributes & sys::kMountNoDev) != 0, !device);
    }
    if (step.path == "/usr") {
      if (step.kind == StepKind::kBind) {
        EXPECT_NE(step.attributes & sys::kMountReadOnly, 0u);
        EXPECT_EQ(step.attributes & sys::kMountNoExec, 0u);
      }
    }
    if (step.path == "/srv/data" && step.kind == StepKind::kBind) {
      EXPECT_EQ(step.attributes & sys::kMountReadOnly, 0u);
      EXPECT_NE(step.attributes & sys::kMountNoExec, 0u);
    }
  }
}

TEST(MakePlan, CutsLandlockRightsToTheKernelsAbi) {
  const bundle::Bundle bundle = SampleBundle();
  for (uint32_t abi = 1; abi <= model::landlock::kNewestAbi; ++abi) {
    const Plan plan =
        MakePlan(bundle, AllPresent(bundle), {.landlock_abi = abi});
    for (const Step& step : plan.steps) {
      if (step.kind != StepKind::kLandlockPath) continue;
      EXPECT_EQ(step.attributes & ~model::landlock::FsRights(abi), 0u)
          << step.path << " at ABI " << abi;
    }
  }
}

TEST(MakePlan, LeavesOutWhatIsNotOnThisHost) {
  const bundle::Bundle bundle = SampleBundle();
  std::vector<HostSource> sources = AllPresent(bundle);
  for (size_t i = 0; i < sources.size(); ++i) {
    if (bundle.view[i].at == "/usr") sources[i].present = false;
  }
  const Plan plan = MakePlan(bundle, sources, {.landlock_abi = 7});
  for (const std::string& line : Lines(plan)) {
    EXPECT_EQ(line.find("/usr "), std::string::npos) << line;
    EXPECT_NE(line, "allow by Landlock /usr");
  }
}

TEST(MakePlan, KeepsTheHostsNetworkUntouched) {
  model::Confinement sample = SampleConfinement();
  sample.network = {.mode = model::NetworkMode::kHost, .listen = {}};
  const bundle::Bundle bundle = bundle::Open(PackSample(sample)).value();
  const Plan plan = MakePlan(bundle, AllPresent(bundle), {.landlock_abi = 7});
  for (const Step& step : plan.steps) {
    EXPECT_NE(step.kind, StepKind::kLoopback);
  }
}

}  // namespace
}  // namespace ringfence::launch
