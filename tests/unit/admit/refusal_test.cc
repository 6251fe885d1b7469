#include "admit/refusal.h"

#include <gmock/gmock.h>

#include "admit/powerful_groups.h"
#include "sys/clock.h"

namespace ringfence::admit {
namespace {

using model::Colocate;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;

Record Neighbour(std::string name, std::string level, uint64_t age_s) {
  return {.name = std::move(name),
          .level = {.name = std::move(level)},
          .uid = model::HostUid(0),
          .supervisor = {1, 1},
          .since_ms = sys::RealtimeMs(),
          .since_boot_ms = sys::BoottimeMs() - age_s * 1000};
}

Request Untrusted() {
  return {.level = {.name = "untrusted"}, .name = "convert"};
}

TEST(Describe, ARefusalNamesWhoAtWhichLevelSinceWhenAndWhatWouldFit) {
  EXPECT_THAT(
      Describe(Incompatible{{Neighbour("storefront", "public", 65)}},
               Untrusted()),
      AllOf(HasSubstr("storefront (public; user root; since "),
            HasSubstr(", 1 min)"),
            HasSubstr("beside them may start: workloads of level public, "
                      "not untrusted"),
            HasSubstr("ringfence stop storefront")));
}

TEST(Describe, OnlyOnesOwnWorkloadsAreOfferedToStop) {
  Record other = Neighbour("theirs", "public", 1);
  other.uid = model::HostUid(4242);
  const std::string text = Describe(Incompatible{{other}}, Untrusted());
  EXPECT_THAT(text, AllOf(HasSubstr("theirs (public; user 4242"),
                          HasSubstr("another host")));
  EXPECT_THAT(text, testing::Not(HasSubstr("ringfence stop")));
}

TEST(DescribeCompatible, FollowsWhatIsHeld) {
  Record record = Neighbour("a", "public", 1);
  EXPECT_EQ(DescribeCompatible({}), "any workload");
  EXPECT_EQ(DescribeCompatible({&record, 1}), "workloads of level public");
  record.level.tenant = "shop";
  record.level.colocate = Colocate::kSameTenant;
  EXPECT_EQ(DescribeCompatible({&record, 1}),
            "workloads of level public, tenant shop");
  record.level.colocate = Colocate::kAlone;
  EXPECT_EQ(DescribeCompatible({&record, 1}), "nothing");
}

TEST(Describe, EveryRefusalHasWordsAndACode) {
  const Record record = Neighbour("a", "public", 1);
  const std::vector<std::pair<Refusal, int>> cases{
      {Incompatible{{record}}, 120},
      {Incompatible{}, 120},
      {Reserved{{"public"}}, 120},
      {Draining{}, 120},
      {NotAllowed{{model::HostGid(0)}}, 120},
      {NotAllowed{}, 120},
      {NameTaken{record}, 123},
      {CategoriesTaken{record}, 120},
      {StillDying{record}, 120},
      {Busy{{7, 1}, model::HostUid(0)}, 120},
      {Busy{}, 120},
      {Full{}, 120},
      {InvalidName{"A"}, 122},
      {Unusable{"/run/ringfence", "is odd", "do this"}, 120},
      {SysError{"fcntl", ENOLCK}, 125}};
  for (const auto& [refusal, code] : cases) {
    EXPECT_EQ(ExitCode(refusal), code);
    const std::string text = Describe(refusal, Untrusted());
    EXPECT_FALSE(text.empty());
    // What the kernel refuses for no known reason has no remedy either.
    if (ExitCode(refusal) != 125) {
      EXPECT_THAT(text, AnyOf(HasSubstr("\n  help: "), HasSubstr("[a-z]")));
    }
  }
}

TEST(DescribeAge, ComesInTheUnitThatFits) {
  EXPECT_EQ(DescribeAge(0), "0 s");
  EXPECT_EQ(DescribeAge(59'999), "59 s");
  EXPECT_EQ(DescribeAge(60'000), "1 min");
  EXPECT_EQ(DescribeAge(3'600'000), "1 h");
  EXPECT_EQ(DescribeAge(47 * 3'600'000), "47 h");
  EXPECT_EQ(DescribeAge(48 * 3'600'000), "2 days");
}

TEST(PowerfulGroups, AreFoundByEffectiveAndSupplementaryId) {
  const std::vector<sys::NamedId> groups{
      {"root", 0}, {"docker", 990}, {"users", 100}, {"disk", 6}};
  const auto names = [&](const sys::Caller& caller) {
    std::vector<std::string> result;
    for (const PowerfulGroup& group : PowerfulGroupsOf(caller, groups)) {
      result.emplace_back(group.name);
    }
    return result;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(names({1000, 100, {100}}), Names{});
  EXPECT_EQ(names({1000, 100, {100, 990}}), Names{"docker"});
  EXPECT_EQ(names({1000, 6, {}}), Names{"disk"});
  EXPECT_EQ(names({1000, 100, {0}}), Names{"root"});
}

TEST(PowerfulGroups, EachSaysWhatItCanDo) {
  for (const PowerfulGroup& group : AllPowerfulGroups()) {
    EXPECT_FALSE(group.power.empty()) << group.name;
  }
}

}  // namespace
}  // namespace ringfence::admit
