#include "launch/cgroup.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "launch/requirements.h"
#include "sys/file.h"

namespace ringfence::launch {
namespace {

using testing::HasSubstr;

TEST(CountOf, ReadsTheNumberOfOneName) {
  constexpr char kEvents[] =
      "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 7\n";
  EXPECT_EQ(CountOf(kEvents, "oom_kill"), 2u);
  EXPECT_EQ(CountOf(kEvents, "max"), 12u);
  EXPECT_EQ(CountOf("max 5", "max"), 5u);
}

TEST(CountOf, IsZeroWhereThereIsNone) {
  for (const char* text : {"", "\n", "max", "max ", "oom_killer 2", "max x"}) {
    EXPECT_EQ(CountOf(text, "max"), 0u) << text;
    EXPECT_EQ(CountOf(text, "oom_kill"), 0u) << text;
  }
}

TEST(Cgroup, AnotherDirectoryIsNone) {
  auto directory = sys::Open("/tmp", O_RDONLY | O_DIRECTORY);
  auto home = sys::Open("/tmp", O_RDONLY | O_DIRECTORY);
  ASSERT_TRUE(directory && home);
  const auto cgroup = Cgroup::Open(*std::move(directory), *std::move(home));
  ASSERT_FALSE(cgroup);
  EXPECT_THAT(cgroup.error().call, HasSubstr("no directory of a cgroup v2"));
}

TEST(Cgroup, WithoutOneNothingHappens) {
  Cgroup none;
  EXPECT_LT(none.work(), 0);
  EXPECT_TRUE(none.Holds(1));
  EXPECT_EQ(none.Hits().oom_kills, 0u);
  none.Kill();
  none.Remove();
}

TEST(WantedOf, TakesTheLimitOnProcessesToo) {
  bundle::Bundle bundle;
  bundle.memory.amount = 1 << 20;
  bundle.resource_limits = {{RLIMIT_NOFILE, 9}, {RLIMIT_NPROC, 7}};
  const CgroupWanted wanted = WantedOf(bundle);
  EXPECT_EQ(wanted.memory, 1u << 20);
  EXPECT_EQ(wanted.cpu, 0u);
  EXPECT_EQ(wanted.processes, 7u);
}

bundle::Bundle Limited(model::CgroupLimit memory, model::CgroupLimit cpu) {
  bundle::Bundle bundle;
  bundle.mandatory_access.landlock = true;
  bundle.memory = memory;
  bundle.cpu = cpu;
  return bundle;
}

TEST(CheckRequirements, ARequiredLimitThatCannotBeEnforcedRefuses) {
  Facts facts{.landlock_abi = 1, .cgroup = NoCgroup("no such thing", "get it")};
  const auto memory = CheckRequirements(Limited({1 << 20, false}, {}), facts);
  ASSERT_FALSE(memory);
  EXPECT_EQ(memory.error().code, ExitCode::kProtection);
  EXPECT_THAT(memory.error().why, HasSubstr("memory"));
  EXPECT_THAT(memory.error().why, HasSubstr("no such thing"));
  EXPECT_THAT(memory.error().remedy, HasSubstr("get it"));
  const auto cpu = CheckRequirements(Limited({}, {500, false}), facts);
  ASSERT_FALSE(cpu);
  EXPECT_THAT(cpu.error().why, HasSubstr("cpu"));
  EXPECT_TRUE(CheckRequirements(Limited({1, true}, {1, true}), facts));
  facts.cgroup.memory.enforced = facts.cgroup.cpu.enforced = true;
  EXPECT_TRUE(CheckRequirements(Limited({1, false}, {1, false}), facts));
}

}  // namespace
}  // namespace ringfence::launch
