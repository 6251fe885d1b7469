// One ledger for all users: who is kept out, and what stops it.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>

#include "admit/admission.h"
#include "admit/layout.h"
#include "admit/ledger.h"
#include "live/host_fixture.h"

namespace ringfence::live {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Octal(const std::string& path) {
  struct stat status{};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  char text[8];
  std::snprintf(text, sizeof text, "%04o", status.st_mode & 07777);
  return std::to_string(status.st_uid) + ":" + std::to_string(status.st_gid) +
         " " + text;
}

TEST_F(Host, InitAndDeinitMayBeDoneTwiceAndTried) {
  const std::string members = "0:" + std::to_string(group_);
  EXPECT_EQ(Octal(kPlace), members + " 0750");
  EXPECT_EQ(Octal(kLedger), members + " 0660");
  EXPECT_EQ(AsRoot({"host", "init"}).end, End(Exited{0}));
  EXPECT_EQ(AsRoot({"host", "init", "--dry-run"}).end, End(Exited{0}));
  EXPECT_THAT(AsRoot({"ps"}).out, Not(HasSubstr("user scope")));

  const Outcome tried = AsRoot({"host", "deinit", "--dry-run"});
  EXPECT_EQ(tried.end, End(Exited{0})) << tried;
  EXPECT_THAT(tried.out, HasSubstr("would remove"));
  EXPECT_TRUE(fs::exists(kLedger));
  for (int i = 0; i < 2; ++i) {
    const Outcome undone = AsRoot({"host", "deinit"});
    EXPECT_EQ(undone.end, End(Exited{0})) << undone;
    EXPECT_FALSE(fs::exists(kPlace));
  }
  const Outcome would = AsRoot({"host", "init", "--dry-run"});
  EXPECT_EQ(would.end, End(Exited{0})) << would;
  EXPECT_THAT(would.out, HasSubstr("would make"));
  EXPECT_FALSE(fs::exists(kPlace));
}

TEST_F(Host, OnlyRootSetsItUp) {
  for (const char* command : {"init", "deinit"}) {
    const Outcome outcome = RunAs(member_, {ringfence_, "host", command});
    EXPECT_EQ(outcome.end, End(Exited{1})) << outcome;
    EXPECT_THAT(outcome.err, HasSubstr("only root"));
  }
  EXPECT_TRUE(fs::exists(kLedger));
}

TEST_F(Host, AnotherUsersLevelIsRefusedAndItsOwnIsNot) {
  Background first(member_, Holder("public"));
  ASSERT_TRUE(first.WaitForLine("up")) << first.err();
  EXPECT_THAT(first.err(), Not(HasSubstr("no ledger of its own")));
  const Outcome refused = ExpectRefused(other_, "untrusted", 120);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("holder"), HasSubstr("public"),
                                 HasSubstr("user " + member_.name)));
  ExpectRuns(other_, "public");
  const Outcome listed = RunAs(other_, {ringfence_, "ps"});
  EXPECT_THAT(listed.out, AllOf(HasSubstr("holder"), HasSubstr(member_.name)));
  first.Signal(SIGTERM);
  (void)first.Wait();
  ExpectRuns(other_, "untrusted");
}

// No ledger of its own is made instead: there its neighbours would not see it.
TEST_F(Host, WhoIsNotInTheGroupIsRefused) {
  User outsider = member_;
  outsider.groups = {};
  const Outcome refused = ExpectRefused(outsider, "untrusted", 120);
  EXPECT_THAT(refused.err,
              AllOf(HasSubstr(kPlace),
                    HasSubstr("usermod -aG ringfence " + outsider.name)));
  EXPECT_FALSE(fs::exists("/run/user/" + std::to_string(outsider.uid) +
                          "/ringfence/ledger"));
  ExpectRuns(member_, "untrusted");
}

TEST_F(Host, ProfilesMustBeRootsAlone) {
  ExpectRuns(member_, "untrusted");
  // The level's own, and one that it extends.
  for (const char* level : {"untrusted", "critical"}) {
    ASSERT_EQ(::chown(Profile(level).c_str(), user_.uid, 0), 0);
    EXPECT_THAT(ExpectRefused(member_, "untrusted", 122).err,
                HasSubstr(Profile(level)));
    ASSERT_EQ(::chown(Profile(level).c_str(), 0, 0), 0);
    ASSERT_EQ(::chmod(Profile(level).c_str(), 0666), 0);
    EXPECT_THAT(ExpectRefused(member_, "untrusted", 122).err,
                HasSubstr(Profile(level)));
    ASSERT_EQ(::chmod(Profile(level).c_str(), 0644), 0);
  }
  ExpectRuns(member_, "untrusted");
}

TEST_F(Host, ABundleOfAnotherProfileIsRefused) {
  const std::string bundle = Compile(
      Write("marking", "untrusted", {"/usr/bin/touch", "/data/m/ran"}, "",
            "  write:\n    - {host: " + marker_ + ", at: /data/m}\n"));
  ASSERT_EQ(RunAs(member_, RunLine({bundle})).end, End(Exited{0}));
  ASSERT_TRUE(fs::remove(Marker()));
  std::ofstream(Profile("public"), std::ios::app) << "# another day\n";
  const Outcome refused = RunAs(member_, RunLine({bundle}));
  EXPECT_EQ(refused.end, End(Exited{122})) << refused;
  EXPECT_THAT(refused.err, AllOf(HasSubstr(Profile("public")),
                                 HasSubstr("compile the bundle again")));
  EXPECT_FALSE(fs::exists(Marker()));
}

TEST_F(Host, IsNotTakenFromUnderAWorkload) {
  Background running(member_, Holder("public"));
  ASSERT_TRUE(running.WaitForLine("up")) << running.err();
  const Outcome refused = AsRoot({"host", "deinit"});
  EXPECT_EQ(refused.end, End(Exited{1})) << refused;
  EXPECT_THAT(refused.err, AllOf(HasSubstr("holder"), HasSubstr("stop them")));
  EXPECT_TRUE(fs::exists(kLedger));
  running.Signal(SIGTERM);
  (void)running.Wait();
  EXPECT_EQ(AsRoot({"host", "deinit"}).end, End(Exited{0}));
}

TEST_F(Host, IsNotSetUpBesideAWorkloadThatItWouldNotKnow) {
  ASSERT_EQ(AsRoot({"host", "deinit"}).end, End(Exited{0}));
  Background running(user_, Holder("public"));
  ASSERT_TRUE(running.WaitForLine("up")) << running.err();
  const Outcome refused = AsRoot({"host", "init"});
  EXPECT_EQ(refused.end, End(Exited{1})) << refused;
  EXPECT_THAT(refused.err, HasSubstr("holder"));
  EXPECT_FALSE(fs::exists(kPlace));
  running.Signal(SIGTERM);
  (void)running.Wait();
  EXPECT_EQ(AsRoot({"host", "init"}).end, End(Exited{0}));
}

TEST_F(Host, ADamagedLedgerIsRefused) {
  const std::string at = kLedger;
  const struct {
    const char* what;
    std::function<void()> damage;
  } kDamages[] = {
      {"wrong owner",
       [&] { ASSERT_EQ(::chown(kLedger, user_.uid, group_), 0); }},
      {"wrong mode", [&] { ASSERT_EQ(::chmod(kLedger, 0666), 0); }},
      {"a symbolic link",
       [&] {
         fs::copy_file(at, marker_ + "/ledger");
         fs::remove(at);
         fs::create_symlink(marker_ + "/ledger", at);
       }},
      {"a FIFO",
       [&] {
         fs::remove(at);
         ASSERT_EQ(::mkfifo(kLedger, 0660), 0);
         ASSERT_EQ(::chown(kLedger, 0, group_), 0);
         ASSERT_EQ(::chmod(kLedger, 0660), 0);
       }},
      {"a directory",
       [&] {
         fs::remove(at);
         fs::create_directory(at);
       }},
      {"garbage",
       [&] {
         std::fstream file(at, std::ios::in | std::ios::out);
         file << std::string(4096, 'x');
       }},
      {"another ledger",
       [&] {
         fs::copy_file(at, marker_ + "/copy");
         fs::remove(at);
         fs::copy_file(marker_ + "/copy", at);
         fs::remove(marker_ + "/copy");
       }},
      {"a record with nonsense",
       [&] {
         std::fstream file(at, std::ios::in | std::ios::out);
         file.seekp(admit::IndexAt(0));
         file << "x";
       }},
      {"a class with nonsense",
       [&] {
         std::fstream file(at, std::ios::in | std::ios::out);
         file.seekp(admit::kClassAt);
         file << "xxxx";
       }},
      {"truncated", [&] { fs::resize_file(at, 100); }},
      {"empty", [&] { fs::resize_file(at, 0); }},
      {"not there", [&] { fs::remove(at); }},
      {"no presence file", [&] { fs::remove(kPresence); }},
      {"another presence file",
       [&] {
         fs::remove(kPresence);
         std::ofstream(kPresence).close();
         ASSERT_EQ(::chown(kPresence, 0, group_), 0);
         ASSERT_EQ(::chmod(kPresence, 0660), 0);
       }},
      {"a presence file of another owner",
       [&] { ASSERT_EQ(::chown(kPresence, user_.uid, group_), 0); }},
      {"a presence file with content",
       [&] { std::ofstream(kPresence) << "x"; }},
      {"no group",
       [&] {
         ASSERT_EQ(RunAs({.name = "root", .home = "/"},
                         {"/usr/sbin/groupdel", "ringfence"})
                       .end,
                   End(Exited{0}));
       }},
      {"a directory that others may enter",
       [&] { ASSERT_EQ(::chmod(kPlace, 0755), 0); }},
      {"another's directory",
       [&] { ASSERT_EQ(::chown(kPlace, user_.uid, group_), 0); }},
      {"a directory of another group",
       [&] { ASSERT_EQ(::chown(kPlace, 0, 0), 0); }},
  };
  ASSERT_EQ(AsRoot({"host", "accept", "untrusted"}).end, End(Exited{0}));
  for (const auto& [what, damage] : kDamages) {
    SCOPED_TRACE(what);
    damage();
    EXPECT_THAT(ExpectRefused(member_, "untrusted", 120).err,
                AllOf(HasSubstr(kPlace),
                      HasSubstr("ringfence host deinit --keep-rules, then "
                                "ringfence host init")));
    const Outcome asked = RunAs(member_, {ringfence_, "doctor"});
    EXPECT_EQ(asked.end, End(Exited{6})) << asked;
    EXPECT_THAT(asked.out, HasSubstr("missing   co-location"));
    // The remedy is one.
    Outcome undone = AsRoot({"host", "deinit", "--keep-rules"});
    if (undone.end == End(Exited{1})) {
      EXPECT_THAT(undone.err, AllOf(HasSubstr(kPresence),
                                    HasSubstr(std::string("rm ") + kLedger)));
      fs::remove(at);
      undone = AsRoot({"host", "deinit", "--keep-rules"});
    }
    EXPECT_EQ(undone.end, End(Exited{0})) << undone;
    EXPECT_FALSE(fs::exists(kPlace));
    ExpectRefused(member_, "untrusted", 120);
    ASSERT_EQ(AsRoot({"host", "init"}).end, End(Exited{0}));
    FindGroup();
    // What was reserved still is.
    ExpectRefused(member_, "public", 120);
    ExpectRuns(member_, "untrusted");
    if (HasFailure()) return;
  }
}

TEST_F(Host, SomethingElseInItsPlaceIsRefused) {
  ASSERT_EQ(AsRoot({"host", "deinit"}).end, End(Exited{0}));
  std::ofstream(kPlace) << "x";
  EXPECT_THAT(ExpectRefused(member_, "untrusted", 120).err,
              HasSubstr("not a directory"));
  fs::remove(kPlace);
  fs::create_symlink("/run/user", kPlace);
  EXPECT_THAT(ExpectRefused(member_, "untrusted", 120).err, HasSubstr(kPlace));
  fs::remove(kPlace);
}

// A member may hold the admission lock for as long as it likes; then who asks
// is told who does.
TEST_F(Host, AMemberThatKeepsTheLedgerLockedIsNamed) {
  int ready[2];
  ASSERT_EQ(::pipe2(ready, O_CLOEXEC), 0);
  const pid_t holder = ::fork();
  ASSERT_GE(holder, 0);
  if (holder == 0) {
    if (::setgroups(1, &group_) != 0 ||
        ::setresgid(other_.gid, other_.gid, other_.gid) != 0 ||
        ::setresuid(other_.uid, other_.uid, other_.uid) != 0) {
      ::_exit(1);
    }
    const int file = ::open(kLedger, O_RDWR | O_CLOEXEC);
    const auto admission = admit::Admission::Enter(file, 1000);
    if (admission && ::write(ready[1], "x", 1) == 1) ::pause();
    ::_exit(1);
  }
  ::close(ready[1]);
  char byte = 0;
  EXPECT_EQ(::read(ready[0], &byte, 1), 1);
  ::close(ready[0]);
  const Outcome refused = Try(member_, "untrusted");
  EXPECT_EQ(refused.end, End(Exited{120})) << refused;
  EXPECT_THAT(refused.err, AllOf(HasSubstr("process " + std::to_string(holder) +
                                           " of user " + other_.name),
                                 HasSubstr("kill " + std::to_string(holder))));
  EXPECT_FALSE(fs::exists(Marker()));
  ::kill(holder, SIGKILL);
  ::waitpid(holder, nullptr, 0);
  ExpectRuns(member_, "untrusted");
}

}  // namespace
}  // namespace ringfence::live
