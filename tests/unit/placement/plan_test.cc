#include "placement/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace ringfence::placement {
namespace {

using model::Colocate;
using testing::ElementsAre;
using testing::IsEmpty;

Item Of(std::string name, std::string level, std::vector<size_t> hosts,
        Colocate colocate = Colocate::kSameLevel, std::string tenant = "") {
  return {
      .name = std::move(name),
      .what = "workload",
      .place = "f:1",
      .level = model::TrustLevel{std::move(level), std::move(tenant), colocate},
      .hosts = std::move(hosts),
      .selector = {},
      .reads = {}};
}

TEST(MakePlan, OneLevelAHostHolds) {
  const Plan plan =
      MakePlan({.hosts = {{"a", {"public"}}, {"b", {}}},
                .items = {Of("x", "public", {0}), Of("y", "public", {0}),
                          Of("z", "critical", {1})}});
  EXPECT_TRUE(plan.Holds());
  EXPECT_THAT(plan.meetings, ElementsAre(Meeting{0, 1, 0, true}));
  EXPECT_THAT(plan.split, ElementsAre(Group{"level:public", 0, {0, 1}},
                                      Group{"level:critical", 1, {2}}));
}

TEST(MakePlan, TwoLevelsOnAHostAreFoundAndSplit) {
  const Plan plan = MakePlan(
      {.hosts = {{"a", {}}, {"b", {}}},
       .items = {Of("x", "public", {0}), Of("y", "untrusted", {0}),
                 Of("z", "untrusted", {0}), Of("w", "internal", {0})}});
  EXPECT_FALSE(plan.Holds());
  EXPECT_THAT(plan.meetings,
              ElementsAre(Meeting{0, 1, 0, false}, Meeting{0, 2, 0, false},
                          Meeting{1, 2, 0, true}, Meeting{0, 3, 0, false},
                          Meeting{1, 3, 0, false}, Meeting{2, 3, 0, false}));
  // The host keeps what most is meant for it; the next is taken, then one more.
  EXPECT_THAT(plan.split,
              ElementsAre(Group{"level:public", 1, {0}},
                          Group{"level:untrusted", 0, {1, 2}},
                          Group{"level:internal", std::nullopt, {3}}));
}

TEST(MakePlan, AHostThatDoesNotAcceptIsFound) {
  const Plan plan = MakePlan(
      {.hosts = {{"a", {"public"}}}, .items = {Of("x", "critical", {0})}});
  EXPECT_FALSE(plan.Holds());
  EXPECT_THAT(plan.turned, ElementsAre(Turned{0, 0}));
  EXPECT_THAT(plan.split,
              ElementsAre(Group{"level:critical", std::nullopt, {0}}));
}

TEST(MakePlan, WhatHasNoHostGetsOne) {
  const Plan plan =
      MakePlan({.hosts = {{"a", {}}, {"b", {"untrusted"}}},
                .items = {Of("x", "public", {0}), Of("y", "untrusted", {}),
                          Of("z", "public", {})}});
  EXPECT_TRUE(plan.Holds());
  EXPECT_THAT(plan.split, ElementsAre(Group{"level:public", 0, {0, 2}},
                                      Group{"level:untrusted", 1, {1}}));
}

TEST(MakePlan, AloneAndTenantsAreKeptApart) {
  const Plan plan =
      MakePlan({.hosts = {},
                .items = {Of("a", "critical", {}, Colocate::kAlone),
                          Of("b", "critical", {}, Colocate::kAlone),
                          Of("c", "shop", {}, Colocate::kSameTenant, "one"),
                          Of("d", "shop", {}, Colocate::kSameTenant, "two"),
                          Of("e", "shop", {}, Colocate::kSameTenant, "one")}});
  EXPECT_FALSE(plan.Holds());
  EXPECT_EQ(std::ranges::count(plan.meetings, true, &Meeting::compatible), 1);
  EXPECT_THAT(
      plan.split,
      ElementsAre(Group{"", std::nullopt, {0}}, Group{"", std::nullopt, {1}},
                  Group{"tenant:shop:one", std::nullopt, {2, 4}},
                  Group{"tenant:shop:two", std::nullopt, {3}}));
}

TEST(MakePlan, SelectorsThatContradictNeverMeet) {
  Item one = Of("a", "public", {});
  Item other = Of("b", "untrusted", {});
  EXPECT_FALSE(MakePlan({.hosts = {}, .items = {one, other}}).Holds());
  one.selector = {{"pool", "web"}};
  EXPECT_FALSE(MakePlan({.hosts = {}, .items = {one, other}}).Holds());
  other.selector = {{"zone", "1"}, {"pool", "jobs"}};
  EXPECT_TRUE(MakePlan({.hosts = {}, .items = {one, other}}).Holds());
}

TEST(MakePlan, WithoutALevelNothingHolds) {
  Item item = Of("a", "public", {});
  item.level.reset();
  const Plan plan = MakePlan({.hosts = {}, .items = {item}});
  EXPECT_FALSE(plan.Holds());
  EXPECT_THAT(plan.unknown, ElementsAre(0u));
  EXPECT_THAT(plan.split, IsEmpty());
}

TEST(MakePlan, TreesThatTwoLevelsReadAreNamed) {
  Item one = Of("a", "public", {0});
  Item other = Of("b", "critical", {1});
  one.reads = {"/srv/www", "/srv/common/fonts"};
  other.reads = {"/srv/common", "/srv/wwwx"};
  const Input input{.hosts = {{"a", {}}, {"b", {}}}, .items = {one, other}};
  const Plan plan = MakePlan(input);
  EXPECT_TRUE(plan.Holds());
  EXPECT_THAT(plan.shared, ElementsAre(SharedTree{0, 1, "/srv/common/fonts"}));
}

// Whatever it is asked about, under the proposed split none meet that may not,
// every host takes what it is given, and nothing is left out.
TEST(MakePlan, EveryProposedSplitHolds) {
  std::mt19937 random(8);
  const auto below = [&](size_t limit) {
    return static_cast<size_t>(random()) % limit;
  };
  const std::vector<std::string> levels = {"public", "untrusted", "critical"};
  for (int round = 0; round < 2000; ++round) {
    Input input;
    for (size_t h = below(4); h > 0; --h) {
      Host host{"h" + std::to_string(h), {}};
      if (below(2) == 0) host.accepts = {levels[below(3)]};
      input.hosts.push_back(host);
    }
    for (size_t i = below(7); i > 0; --i) {
      const size_t level = below(3);
      Item item = Of("i", levels[level], {}, static_cast<Colocate>(level),
                     below(2) == 0 ? "t" : "u");
      if (!input.hosts.empty() && below(3) != 0) {
        item.hosts = {below(input.hosts.size())};
      }
      input.items.push_back(item);
    }
    const Plan plan = MakePlan(input);
    Input split{.hosts = input.hosts, .items = input.items};
    size_t placed = 0;
    for (const Group& group : plan.split) {
      size_t host = 0;
      if (group.host) {
        host = *group.host;
      } else {
        host = split.hosts.size();
        split.hosts.push_back({"new", {}});
      }
      for (const size_t item : group.items) split.items[item].hosts = {host};
      placed += group.items.size();
    }
    EXPECT_EQ(placed, input.items.size()) << round;
    EXPECT_TRUE(MakePlan(split).Holds()) << round;
  }
}

}  // namespace
}  // namespace ringfence::placement
