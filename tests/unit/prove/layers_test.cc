#include "prove/layers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace ringfence::prove {
namespace {

using model::Rights;

bool HasLooser(const std::vector<LayerChange>& changes) {
  return std::ranges::any_of(changes, [](const LayerChange& change) {
    return change.direction == Direction::kLooser;
  });
}

// Every path of up to three components of two names.
std::vector<std::string> AllPaths() {
  std::vector<std::string> paths = {""};
  for (size_t at = 0; at < paths.size(); ++at) {
    if (std::ranges::count(paths[at], '/') == 3) continue;
    const std::string parent = paths[at];
    paths.push_back(parent + "/a");
    paths.push_back(parent + "/b");
  }
  paths.erase(paths.begin());
  return paths;
}

// By walking up from the path, as the kernel does.
Rights RightsAt(const std::map<std::string, Tree>& trees, std::string path) {
  while (!path.empty()) {
    if (const auto at = trees.find(path); at != trees.end()) {
      return at->second.rights;
    }
    path.erase(path.rfind('/'));
  }
  return {};
}

// The listed paths stand for all: against every path there is.
TEST(CompareLayers, FindsEveryPathThatGainsARight) {
  const std::vector<std::string> all = AllPaths();
  std::mt19937_64 random(20266);
  int looser = 0;
  for (int round = 0; round < 3000; ++round) {
    Layers before;
    Layers after;
    for (Layers* side : {&before, &after}) {
      for (int i = 0; i < 3; ++i) {
        const uint64_t bits = random();
        side->trees[all[bits % all.size()]].rights = {
            .read = (bits >> 32 & 1) != 0,
            .write = (bits >> 33 & 1) != 0,
            .execute = (bits >> 34 & 1) != 0};
      }
    }
    const bool gains = std::ranges::any_of(all, [&](const std::string& path) {
      const Rights was = RightsAt(before.trees, path);
      const Rights is = RightsAt(after.trees, path);
      return (is.read && !was.read) || (is.write && !was.write) ||
             (is.execute && !was.execute);
    });
    ASSERT_EQ(HasLooser(CompareLayers(before, after)), gains) << round;
    looser += gains ? 1 : 0;
  }
  EXPECT_GT(looser, 100);
  EXPECT_LT(looser, 2950);
}

TEST(TreesOf, CeilingsAreTheUnionOfTheirSubtrees) {
  const auto trees = TreesOf(model::Ceilings{.may_read = {"/srv"},
                                             .may_write = {"/srv/data"},
                                             .may_execute = {"/usr"}});
  EXPECT_EQ(trees.at("/srv/data").rights,
            (Rights{.read = true, .write = true}));
  EXPECT_EQ(trees.at("/srv").rights, Rights{.read = true});
  EXPECT_EQ(trees.at("/usr").rights, Rights{.execute = true});
}

TEST(CompareLayers, LimitsThatVanishOrBecomeOptionalAreLooser) {
  Layers before;
  before.limits["memory"] = {1024, true};
  Layers after = before;
  EXPECT_TRUE(CompareLayers(before, after).empty());
  after.limits["memory"] = {1024, false};
  EXPECT_TRUE(HasLooser(CompareLayers(before, after)));
  EXPECT_FALSE(HasLooser(CompareLayers(after, before)));
  after.limits["memory"] = {};
  EXPECT_TRUE(HasLooser(CompareLayers(before, after)));
  after.limits["memory"] = {512, true};
  EXPECT_FALSE(HasLooser(CompareLayers(before, after)));
  EXPECT_EQ(CompareLayers(before, after).size(), 1u);
}

TEST(CompareLayers, EveryOtherLayerHasItsOrder) {
  Layers narrow;
  Layers wide;
  wide.capabilities = {"CAP_CHOWN"};
  EXPECT_TRUE(HasLooser(CompareLayers(narrow, wide)));
  EXPECT_FALSE(HasLooser(CompareLayers(wide, narrow)));
  wide = {};
  wide.listens = {"127.0.0.1:80"};
  EXPECT_TRUE(HasLooser(CompareLayers(narrow, wide)));
  wide = {};
  wide.mandatory_access = {"landlock"};
  EXPECT_TRUE(HasLooser(CompareLayers(narrow, wide)));
  wide = {};
  narrow.colocate = 2;
  EXPECT_TRUE(HasLooser(CompareLayers(narrow, wide)));
  EXPECT_FALSE(HasLooser(CompareLayers(wide, narrow)));
  narrow = {};
  wide.other["user"] = "uid 1";
  EXPECT_FALSE(HasLooser(CompareLayers(narrow, wide)));
  EXPECT_EQ(CompareLayers(narrow, wide).size(), 1u);
}

// A right that another rule on the way grants already is no change.
TEST(CompareLayers, LandlockRulesAddUpAlongAPath) {
  Layers before;
  before.landlock =
      model::landlock::Ruleset{.paths = {{"/srv", model::landlock::kReadFile}}};
  Layers after = before;
  after.landlock->paths.push_back({"/srv/a", model::landlock::kReadFile});
  EXPECT_TRUE(CompareLayers(before, after).empty());
  after.landlock->paths.back().rights |= model::landlock::kWriteFile;
  EXPECT_TRUE(HasLooser(CompareLayers(before, after)));
  after = before;
  after.landlock->fs &= ~model::landlock::kMakeSock;
  EXPECT_TRUE(HasLooser(CompareLayers(before, after)));
  EXPECT_FALSE(HasLooser(CompareLayers(after, before)));
}

}  // namespace
}  // namespace ringfence::prove
