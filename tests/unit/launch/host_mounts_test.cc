#include "launch/host_mounts.h"

#include <gtest/gtest.h>

namespace ringfence::launch {
namespace {

constexpr char kText[] =
    "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
    "23 22 0:5 / /proc rw,nosuid shared:2 - proc proc rw\n"
    "24 22 0:6 / /run rw - tmpfs run rw\n"
    "25 22 8:2 / /srv rw master:3 propagate_from:2 - xfs /dev/sdb1 rw\n"
    "26 22 8:2 /tmp /tmp rw - xfs /dev/sdb1 rw\n"
    "27 22 0:5 / /chroot/proc rw - proc proc rw\n"
    "28 22 0:6 /lock /with\\040space/run rw - tmpfs run rw\n"
    "29 22 8:1 /data /bind rw - ext4 /dev/sda1 rw\n"
    "30 22 0:7 / /cache rw - tmpfs cache rw\n"
    "a line of another kind\n";

const std::vector<std::string_view> kTrees = {"/proc", "/run", "/tmp", "/dev"};

std::string Why(const std::string& path) {
  return HostMounts(kText).Forbids(path, kTrees).value_or("");
}

TEST(HostMounts, ForbidWhatIsMountedAtOrBelow) {
  EXPECT_EQ(Why("/chroot"), "has a proc of the host mounted at /chroot/proc");
  EXPECT_EQ(Why("/chroot/proc"),
            "has a proc of the host mounted at /chroot/proc");
  EXPECT_EQ(Why("/chroot/proc/sys"),
            "has a proc of the host mounted at /chroot/proc/sys");
  EXPECT_EQ(Why("/with space"),
            "has the host's /run mounted at /with space/run");
  EXPECT_EQ(Why("/with space/run/x"),
            "has the host's /run mounted at /with space/run/x");
  // /tmp is a directory of that file system.
  EXPECT_EQ(Why("/srv/tmp/x"), "has the host's /tmp mounted at /srv/tmp/x");
  EXPECT_NE(Why("/"), "");
}

TEST(HostMounts, AllowOtherFileSystemsAndDirectories) {
  for (const char* path : {"/srv/www", "/srv/tmpfiles", "/bind", "/cache",
                           "/home/user", "/chroot2", "/with"}) {
    EXPECT_EQ(Why(path), "") << path;
  }
  // /dev is no mount here: what lies beside it on its disk is not below it.
  EXPECT_EQ(Why("/devices"), "");
  EXPECT_EQ(Why("/dev/x"), "has the host's /dev mounted at /dev/x");
}

TEST(HostMounts, OfThisProcessAreRead) {
  const auto mounts = HostMounts::Read();
  ASSERT_TRUE(mounts);
  EXPECT_TRUE(mounts->Forbids("/proc", {}));
  EXPECT_FALSE(HostMounts("").Forbids("/proc", {"/proc"}));
}

TEST(HostMounts, NamesAlone) {
  EXPECT_TRUE(IsBelow("/a/b", "/a"));
  EXPECT_TRUE(IsBelow("/a", "/a"));
  EXPECT_TRUE(IsBelow("/a", "/"));
  EXPECT_FALSE(IsBelow("/ab", "/a"));
  EXPECT_FALSE(IsBelow("/", "/a"));
}

}  // namespace
}  // namespace ringfence::launch
