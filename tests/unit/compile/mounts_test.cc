#include "compile/mounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compile/capabilities.h"
#include "compile/idmap.h"
#include "compile/landlock.h"
#include "compile/limits.h"

namespace ringfence::compile {
namespace {

using Kind = model::ViewEntry::Kind;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> PathsOf(const std::vector<model::ViewEntry>& view) {
  std::vector<std::string> paths;
  for (const auto& entry : view) paths.push_back(entry.at);
  return paths;
}

model::Confinement WithView(std::vector<model::ViewEntry> view) {
  model::Confinement confinement;
  confinement.view = std::move(view);
  return confinement;
}

TEST(CompileMounts, PutsParentsFirstAndMakesTheMissingOnes) {
  const auto view = CompileMounts(
      WithView({{.kind = Kind::kFile, .at = "/etc/a/b"},
                {.kind = Kind::kScratch, .at = "/srv", .size = 1},
                {.kind = Kind::kBind, .at = "/srv/www/x", .host = "/x"}}));
  ASSERT_TRUE(view);
  EXPECT_THAT(PathsOf(*view), ElementsAre("/etc", "/etc/a", "/etc/a/b", "/srv",
                                          "/srv/www", "/srv/www/x"));
  EXPECT_EQ((*view)[0].kind, Kind::kDirectory);
  EXPECT_EQ((*view)[4].kind, Kind::kDirectory);
}

// Below a bind nothing can be made: it is the host's tree.
TEST(CompileMounts, MakesNoDirectoryBelowABind) {
  const auto view = CompileMounts(
      WithView({{.kind = Kind::kBind, .at = "/usr", .host = "/usr"},
                {.kind = Kind::kBind, .at = "/usr/share/x", .host = "/x"}}));
  ASSERT_TRUE(view);
  EXPECT_THAT(PathsOf(*view), ElementsAre("/usr", "/usr/share/x"));
}

TEST(CompileMounts, RefusesTwoClaimsOnOnePath) {
  const auto view =
      CompileMounts(WithView({{.kind = Kind::kBind, .at = "/a", .host = "/x"},
                              {.kind = Kind::kFile, .at = "/a"}}));
  ASSERT_FALSE(view);
  EXPECT_THAT(view.error().why, HasSubstr("twice"));
}

TEST(CompileMounts, RefusesAnEntryBelowAFile) {
  const auto view = CompileMounts(WithView({{.kind = Kind::kFile, .at = "/a"},
                                            {.kind = Kind::kBind,
                                             .at = "/a/b",
                                             .host = "/x",
                                             .source = {"w.yaml", 4, 1}}}));
  ASSERT_FALSE(view);
  EXPECT_THAT(view.error().why, HasSubstr("not a directory"));
  EXPECT_EQ(view.error().source.line, 4u);
}

TEST(CompileLandlock, GivesEachEntryItsRightsAndTheRootNone) {
  namespace landlock = model::landlock;
  const std::vector<model::ViewEntry> view = {
      {.kind = Kind::kDirectory, .at = "/etc"},
      {.kind = Kind::kFile, .at = "/etc/passwd"},
      {.kind = Kind::kBind,
       .at = "/usr",
       .rights = {.read = true, .execute = true}},
      {.kind = Kind::kScratch,
       .at = "/tmp",
       .rights = {.read = true, .write = true}},
      {.kind = Kind::kProc, .at = "/proc"},
  };
  const auto ruleset = CompileLandlock({}, view);
  ASSERT_EQ(ruleset.paths.size(), 4u);
  EXPECT_EQ(ruleset.paths[0].rights, landlock::kReadFile);
  EXPECT_EQ(ruleset.paths[1].rights,
            landlock::kReadFile | landlock::kReadDir | landlock::kExecute);
  const uint64_t tmp = ruleset.paths[2].rights;
  EXPECT_NE(tmp & landlock::kMakeSock, 0u);
  EXPECT_EQ(tmp & (landlock::kExecute | landlock::kMakeChar |
                   landlock::kMakeBlock | landlock::kIoctlDev),
            0u);
  EXPECT_EQ(ruleset.paths[3].rights, landlock::kReadFile | landlock::kReadDir);
  EXPECT_EQ(ruleset.net, 0u);
  EXPECT_EQ(ruleset.required_abi, 1u);
}

// A socket of the host's network in the workload's hands could be connected
// anywhere after connect(AF_UNSPEC).
TEST(CompileLandlock, AHandedOverSocketMayNotConnect) {
  namespace landlock = model::landlock;
  for (const auto handover : {model::Handover::kFds, model::Handover::kNginx}) {
    model::Confinement confinement;
    confinement.network.listen.push_back({.handover = handover});
    EXPECT_EQ(CompileLandlock(confinement, {}).net,
              landlock::kBindTcp | landlock::kConnectTcp);
    EXPECT_EQ(CompileLandlock(confinement, {}).required_abi, 1u);
    confinement.network.needs_landlock = true;
    EXPECT_EQ(CompileLandlock(confinement, {}).required_abi, 4u);
  }
  model::Confinement relayed;
  relayed.network.listen.push_back({.handover = model::Handover::kRelay});
  EXPECT_EQ(CompileLandlock(relayed, {}).required_abi, 1u);
}

TEST(CompileLimits, AllowsNoCoreDumpAndNoHandler) {
  const auto limits = CompileLimits({.processes = 64, .open_files = 256});
  EXPECT_THAT(limits, ElementsAre(model::ResourceLimit{4, 1},
                                  model::ResourceLimit{6, 64},
                                  model::ResourceLimit{7, 256}));
}

TEST(CompileCapabilities, MapsNamesToTheKernelsBits) {
  EXPECT_EQ(CompileCapabilities({}).value(), 0u);
  EXPECT_EQ(CompileCapabilities({"CAP_CHOWN"}).value(), 1u);
  EXPECT_EQ(
      CompileCapabilities({"CAP_NET_BIND_SERVICE", "CAP_CHECKPOINT_RESTORE"})
          .value(),
      uint64_t{1} << 10 | uint64_t{1} << 40);
  EXPECT_THAT(CompileCapabilities({"CAP_NONSENSE"}).error().why,
              HasSubstr("CAP_NONSENSE"));
}

TEST(CompileIdMap, MapsOneIdEach) {
  EXPECT_EQ(CompileIdMap({model::NsUid{1000}, model::NsGid{1001}}),
            "uid: 1000 CALLER 1\ngid: 1001 CALLER 1\n");
}

}  // namespace
}  // namespace ringfence::compile
