// A host that `ringfence host init` set up for all its users.
//
// The tests have a /run, an /etc and a /var/log of their own, in a mount
// namespace, so the machine's are never touched, however they end.
#pragma once

#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "live/sandbox.h"

namespace ringfence::live {

namespace fs = std::filesystem;

inline constexpr char kPlace[] = "/run/ringfence";
inline constexpr char kLedger[] = "/run/ringfence/ledger";
inline constexpr char kLog[] = "/var/log/ringfence";
inline constexpr char kPresence[] = "/run/ringfence/presence";

class Host : public SandboxTest {
 protected:
  // Before the fixture makes users and their /run/user/UID.
  static void SetUpTestSuite() {
    if (::geteuid() != 0) return;
    ASSERT_EQ(::unshare(CLONE_NEWNS), 0) << std::strerror(errno);
    ASSERT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    // The users are the machine's; what happens to /etc from here on is not.
    (void)EnsureUser(TestUserName());
    (void)EnsureUser(TestUserName() + "2");
    ASSERT_EQ(::mount("run", "/run", "tmpfs", 0, "mode=0755"), 0);
    ASSERT_EQ(::mount("log", "/var/log", "tmpfs", 0, "mode=0755,size=64m"), 0);
    // A file system of its own: nothing of the host's /run is ever shown.
    const std::string etc = "/run/etc";
    fs::create_directory(etc);
    ASSERT_EQ(::mount("etc", etc.c_str(), "tmpfs", 0, "mode=0755"), 0);
    ASSERT_EQ(
        RunAs({.name = "root", .home = "/"}, {"/bin/cp", "-a", "/etc/.", etc})
            .end,
        End(Exited{0}));
    fs::remove_all(etc + "/ringfence");
    ASSERT_EQ(::mount(etc.c_str(), "/etc", nullptr, MS_BIND, nullptr), 0);
  }

  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to set a host up";
    // The other user starts the same installation.
    fs::permissions(user_.home, fs::perms::others_exec, fs::perm_options::add);
    ASSERT_FALSE(fs::exists(kPlace));
    const Outcome made = AsRoot({"host", "init"});
    ASSERT_EQ(made.end, End(Exited{0})) << made;
    member_ = user_;
    other_ = EnsureUser(TestUserName() + "2");
    FindGroup();
  }
  // Both users are members of the group that there is now.
  void FindGroup() {
    const group* entry = ::getgrnam("ringfence");
    ASSERT_NE(entry, nullptr);
    group_ = entry->gr_gid;
    member_.groups = {group_};
    other_.groups = {group_};
  }
  void TearDown() override {
    if (::geteuid() != 0) return;
    // Also what a test has damaged, which deinit may refuse.
    ::umount2(kPlace, MNT_DETACH);
    fs::remove_all(kPlace);
    EXPECT_FALSE(fs::exists(kPlace));
    fs::remove_all("/etc/ringfence");
    fs::remove_all(kLog);
  }

  Outcome AsRoot(const std::vector<std::string>& arguments) const {
    std::vector<std::string> line = {ringfence_};
    line.insert(line.end(), arguments.begin(), arguments.end());
    return RunAs({.name = "root", .home = "/"}, line);
  }

  // A workload of `level` that leaves a file, tried by `user`.
  std::string Marker() const { return marker_ + "/ran"; }
  std::vector<std::string> Marking(const std::string& level) const {
    return RunLine({"--trust", level, "--write", marker_ + ":/data/m", "--",
                    "/usr/bin/touch", "/data/m/ran"});
  }
  Outcome Try(const User& user, const std::string& level) const {
    fs::remove(Marker());
    return RunAs(user, Marking(level));
  }
  void ExpectRuns(const User& user, const std::string& level) const {
    const Outcome outcome = Try(user, level);
    EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
    EXPECT_TRUE(fs::exists(Marker()));
  }
  Outcome ExpectRefused(const User& user, const std::string& level,
                        int code) const {
    const Outcome outcome = Try(user, level);
    EXPECT_EQ(outcome.end, End(Exited{code})) << outcome;
    EXPECT_THAT(outcome.err, ::testing::HasSubstr("help: "));
    EXPECT_FALSE(fs::exists(Marker())) << "the program ran";
    return outcome;
  }

  // A workload of `user` that runs until it is stopped.
  std::vector<std::string> Holder(const std::string& level) const {
    return RunLine({"--trust", level, "--name", "holder", "--", "/bin/sh", "-c",
                    "echo up; exec sleep 600"});
  }

  std::string Profile(const std::string& level) const {
    return home_.path() + "/share/ringfence/profiles/" + level + ".yaml";
  }

  gid_t group_ = 0;
  User member_;
  User other_;
  const std::string marker_ = home_.Make("marker", 0777);
};

}  // namespace ringfence::live
