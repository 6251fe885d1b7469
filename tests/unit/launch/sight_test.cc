// What a workload sees at a path.
#include "launch/sight.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringfence::launch {
namespace {

using Kind = model::ViewEntry::Kind;
using testing::HasSubstr;

const std::vector<model::ViewEntry> kView = {
    {.kind = Kind::kSymlink, .at = "/bin", .text = "usr/bin"},
    {.kind = Kind::kDev, .at = "/dev"},
    {.kind = Kind::kDirectory, .at = "/etc"},
    {.kind = Kind::kFile, .at = "/etc/hosts", .text = "x"},
    {.kind = Kind::kSymlink, .at = "/loop", .text = "/loop"},
    {.kind = Kind::kScratch,
     .at = "/tmp",
     .rights = {.read = true, .write = true},
     .size = 1},
    {.kind = Kind::kBind,
     .at = "/usr",
     .rights = {.read = true, .execute = true},
     .host = "/usr"},
    {.kind = Kind::kBind,
     .at = "/usr/share/app",
     .rights = {.read = true},
     .host = "./app",
     .source = {"w.yaml", 9, 3}}};

TEST(Sight, FollowsTheLinksOfTheView) {
  const Sight sight = LookAt(kView, "/bin/sh");
  EXPECT_EQ(sight.path, "/usr/bin/sh");
  ASSERT_NE(sight.entry, nullptr);
  EXPECT_EQ(sight.entry->at, "/usr");
  EXPECT_TRUE(RightsAt(sight).execute);
  EXPECT_FALSE(RightsAt(sight).write);
}

TEST(Sight, TheDeepestEntryCounts) {
  const Sight sight = LookAt(kView, "/usr/share/app/x");
  EXPECT_FALSE(RightsAt(sight).execute);
  EXPECT_EQ(Describe(sight),
            "the host's ./app is shown at /usr/share/app, read-only "
            "(w.yaml:9)");
  EXPECT_EQ(LookAt(kView, "/usr/share/application").entry->at, "/usr");
}

TEST(Sight, NothingIsShownWhereNoEntryIs) {
  for (const char* path : {"/srv", "/etc/shadow", "/usrx", "/"}) {
    EXPECT_EQ(LookAt(kView, path).entry, nullptr) << path;
    EXPECT_THAT(Describe(LookAt(kView, path)), HasSubstr("nothing of"));
  }
  // The directory itself is there.
  EXPECT_EQ(LookAt(kView, "/etc").entry->kind, Kind::kDirectory);
  EXPECT_FALSE(RightsAt(LookAt(kView, "/etc")).read);
}

TEST(Sight, ACircleOfLinksEnds) {
  EXPECT_EQ(LookAt(kView, "/loop").entry->kind, Kind::kSymlink);
  EXPECT_THAT(Describe(LookAt(kView, "/loop")), HasSubstr("in a circle"));
}

TEST(Sight, PathsOfOthersAreEscaped) {
  EXPECT_EQ(Describe(LookAt(kView, "/srv/\x1b[2J")),
            "nothing of the workload's view is at /srv/\\x1b[2J");
}

}  // namespace
}  // namespace ringfence::launch
