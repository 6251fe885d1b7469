#include "host/ground.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <linux/capability.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>

#include "admit/ledger.h"
#include "sys/file.h"
#include "sys/user.h"

namespace ringfence::host {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

// A group of every Debian system; the tests make none of their own.
constexpr char kGroup[] = "daemon";
constexpr uid_t kSomeUser = 54321;

class GroundTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(::mkdtemp(run_.data()), nullptr);
    ASSERT_EQ(::chmod(run_.c_str(), 0755), 0);
    logs_ = run_ + "/log";
    ASSERT_EQ(::mkdir(logs_.c_str(), 0755), 0);
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  }
  void TearDown() override {
    (void)::umount2(Path().c_str(), MNT_DETACH);
    (void)!std::system(("rm -rf '" + run_ + "'").c_str());
  }
  std::string Path() const { return run_ + "/ringfence"; }
  Ground Here(Mode mode = Mode::kDo) const {
    return {.run = run_, .logs = logs_, .group = kGroup, .mode = mode};
  }
  model::HostGid Gid() const {
    return model::HostGid(*sys::IdOf(sys::ReadGroups().value(), kGroup));
  }
  bool Exists(const std::string& path) const {
    struct stat status{};
    return ::lstat(path.c_str(), &status) == 0;
  }
  std::expected<admit::Ledger, admit::Unusable> Open(uid_t uid = 0) {
    const auto run = sys::Open(run_.c_str(), O_PATH | O_DIRECTORY);
    return admit::Ledger::OpenBelow(run->get(), model::HostUid(uid), Gid());
  }
  void MakeUserDirectory(uid_t uid) {
    const std::string path = run_ + "/user/" + std::to_string(uid);
    (void)::mkdir((run_ + "/user").c_str(), 0755);
    ASSERT_EQ(::mkdir(path.c_str(), 0700), 0);
    ASSERT_EQ(::chown(path.c_str(), uid, uid), 0);
  }

  std::string run_ = "/tmp/ringfence-ground-XXXXXX";
  std::string logs_;
};

admit::Request Storefront() {
  return {.level = {.name = "public"},
          .name = "storefront",
          .uid = model::HostUid(0)};
}

// Runs `body` in a child and returns its exit code.
int InChild(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(GroundTest, InitialiseMakesAUsableHostScope) {
  const Outcome outcome = Initialise(Here());
  ASSERT_FALSE(outcome.problem) << outcome.problem->what;
  struct stat status{};
  ASSERT_EQ(::stat(Path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode, S_IFDIR | 0750u);
  EXPECT_EQ(status.st_uid, 0u);
  EXPECT_EQ(status.st_gid, Gid().value);
  ASSERT_EQ(::stat((Path() + "/ledger").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode, S_IFREG | 0660u);
  EXPECT_EQ(status.st_gid, Gid().value);
  const auto ledger = Open();
  ASSERT_TRUE(ledger) << admit::Describe(ledger.error());
  EXPECT_EQ(ledger->scope(), admit::Scope::kHost);
}

TEST_F(GroundTest, ItIsASmallFileSystemOfItsOwn) {
  ASSERT_FALSE(Initialise(Here()).problem);
  struct statvfs own{};
  ASSERT_EQ(::statvfs(Path().c_str(), &own), 0);
  EXPECT_EQ(own.f_blocks * own.f_frsize, uint64_t{4} << 20);
  constexpr unsigned long kFlags = ST_NOSUID | ST_NODEV | ST_NOEXEC;
  EXPECT_EQ(own.f_flag & kFlags, kFlags);
}

TEST_F(GroundTest, WithoutTheRightToMountAPlainDirectoryServes) {
  EXPECT_EQ(InChild([&] {
              __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
              __user_cap_data_struct data[2] = {};
              if (::syscall(SYS_capget, &header, data) != 0) return 2;
              data[0].effective &= ~(1u << CAP_SYS_ADMIN);
              if (::syscall(SYS_capset, &header, data) != 0) return 3;
              const Outcome outcome = Initialise(Here());
              if (outcome.problem) return 4;
              for (const std::string& line : outcome.lines) {
                if (line.find("plain directory") != std::string::npos) {
                  return 0;
                }
              }
              return 5;
            }),
            0);
  EXPECT_TRUE(Open());
  // Nor does anything of it need that right to go.
  EXPECT_FALSE(Deinitialise(Here()).problem);
  EXPECT_FALSE(Exists(Path()));
}

TEST_F(GroundTest, ASecondTimeChangesNothing) {
  ASSERT_FALSE(Initialise(Here()).problem);
  struct stat before{};
  ASSERT_EQ(::stat((Path() + "/ledger").c_str(), &before), 0);
  const Outcome again = Initialise(Here());
  ASSERT_FALSE(again.problem) << again.problem->what;
  EXPECT_THAT(again.lines, Not(Contains(HasSubstr("made"))));
  EXPECT_THAT(again.lines, Not(Contains(HasSubstr("mounted"))));
  struct stat after{};
  ASSERT_EQ(::stat((Path() + "/ledger").c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
}

TEST_F(GroundTest, ADryRunChangesNothing) {
  const Outcome outcome = Initialise(Here(Mode::kDryRun));
  EXPECT_FALSE(outcome.problem);
  EXPECT_THAT(outcome.lines, Contains(HasSubstr("would make " + Path())));
  EXPECT_FALSE(Exists(Path()));
  ASSERT_FALSE(Initialise(Here()).problem);
  EXPECT_FALSE(Deinitialise(Here(Mode::kDryRun)).problem);
  EXPECT_TRUE(Open());
}

TEST_F(GroundTest, DeinitialiseTakesEverythingAway) {
  ASSERT_FALSE(Initialise(Here()).problem);
  const Outcome outcome = Deinitialise(Here());
  ASSERT_FALSE(outcome.problem) << outcome.problem->what;
  EXPECT_FALSE(Exists(Path()));
  const Outcome again = Deinitialise(Here());
  EXPECT_FALSE(again.problem);
  EXPECT_THAT(again.lines, Contains(HasSubstr("nothing to undo")));
}

TEST_F(GroundTest, DeinitialiseRefusesWhileAWorkloadRunsAndNamesIt) {
  ASSERT_FALSE(Initialise(Here()).problem);
  {
    const auto ledger = Open();
    ASSERT_TRUE(ledger);
    const auto claim = ledger->Admit(Storefront());
    ASSERT_TRUE(claim);
    const Outcome outcome = Deinitialise(Here());
    ASSERT_TRUE(outcome.problem);
    EXPECT_THAT(outcome.problem->what, HasSubstr("storefront (public;"));
    EXPECT_TRUE(Open());
    // Also when the record of it makes no sense any more.
    std::ofstream(Path() + "/ledger", std::ios::in | std::ios::binary)
        .seekp(0)
        .write(std::string(700'000, '\xa5').data(), 700'000);
    EXPECT_TRUE(Deinitialise(Here()).problem);
  }
  EXPECT_FALSE(Deinitialise(Here()).problem);
  EXPECT_FALSE(Exists(Path()));
}

TEST_F(GroundTest, DeinitialiseWorksOnADamagedLedger) {
  const auto damage = [&](const std::function<void(const std::string&)>& how) {
    ASSERT_FALSE(Initialise(Here()).problem);
    how(Path() + "/ledger");
    EXPECT_FALSE(Open());
    const Outcome outcome = Deinitialise(Here());
    EXPECT_FALSE(outcome.problem) << outcome.problem->what;
    EXPECT_FALSE(Exists(Path()));
  };
  damage([](const std::string& file) {
    ASSERT_EQ(::truncate(file.c_str(), 5), 0);
  });
  damage([](const std::string& file) {
    ASSERT_EQ(::unlink(file.c_str()), 0);
    ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  });
  damage([](const std::string& file) {
    ASSERT_EQ(::unlink(file.c_str()), 0);
    ASSERT_EQ(::symlink("/etc/passwd", file.c_str()), 0);
  });
  damage([](const std::string& file) {
    ASSERT_EQ(::unlink(file.c_str()), 0);
    ASSERT_EQ(::mkdir(file.c_str(), 0700), 0);
  });
  damage(
      [](const std::string& file) { ASSERT_EQ(::chmod(file.c_str(), 0), 0); });
  damage([](const std::string& file) { ASSERT_EQ(::unlink(file.c_str()), 0); });
}

TEST_F(GroundTest, DeinitialiseRefusesWhileALockIsHeldWhateverIsDamaged) {
  ASSERT_FALSE(Initialise(Here()).problem);
  {
    const auto claim = Open()->Admit(Storefront());
    ASSERT_TRUE(claim);
    ASSERT_EQ(::unlink((Path() + "/ledger").c_str()), 0);
    const Outcome outcome = Deinitialise(Here());
    ASSERT_TRUE(outcome.problem);
    EXPECT_THAT(outcome.problem->what, HasSubstr("does not know"));
    EXPECT_TRUE(Exists(Path() + "/presence"));
  }
  EXPECT_FALSE(Deinitialise(Here()).problem);
}

TEST_F(GroundTest, DeinitialiseCannotTellWhoRunsWithoutThePresenceFile) {
  ASSERT_FALSE(Initialise(Here()).problem);
  ASSERT_EQ(::unlink((Path() + "/presence").c_str()), 0);
  const Outcome outcome = Deinitialise(Here());
  ASSERT_TRUE(outcome.problem);
  EXPECT_THAT(outcome.problem->what, HasSubstr("nobody knows what runs"));
  EXPECT_THAT(outcome.problem->remedy, HasSubstr("rm " + Path() + "/ledger"));
  ASSERT_EQ(::unlink((Path() + "/ledger").c_str()), 0);
  EXPECT_FALSE(Deinitialise(Here()).problem);
  EXPECT_FALSE(Exists(Path()));
}

TEST_F(GroundTest, InitialiseDoesNotRepairADamagedLedger) {
  ASSERT_FALSE(Initialise(Here()).problem);
  ASSERT_EQ(::truncate((Path() + "/ledger").c_str(), 5), 0);
  const Outcome outcome = Initialise(Here());
  ASSERT_TRUE(outcome.problem);
  EXPECT_THAT(outcome.problem->remedy, HasSubstr("host deinit"));
}

TEST_F(GroundTest, SomethingElseInPlaceOfTheDirectoryIsLeftAlone) {
  ASSERT_EQ(::symlink("/tmp", Path().c_str()), 0);
  EXPECT_TRUE(Initialise(Here()).problem);
  EXPECT_TRUE(Deinitialise(Here()).problem);
  EXPECT_TRUE(Exists(Path()));
  ASSERT_EQ(::unlink(Path().c_str()), 0);
  ASSERT_EQ(::mkdir(Path().c_str(), 0750), 0);
  ASSERT_EQ(::chown(Path().c_str(), kSomeUser, kSomeUser), 0);
  EXPECT_TRUE(Initialise(Here()).problem);
}

TEST_F(GroundTest, AnInterruptedInitialiseIsCompleted) {
  ASSERT_EQ(::mkdir(Path().c_str(), 0700), 0);
  EXPECT_FALSE(Open());
  const Outcome outcome = Initialise(Here());
  EXPECT_FALSE(outcome.problem);
  EXPECT_TRUE(Open());
}

TEST_F(GroundTest, InitialiseRefusesWhileAWorkloadRunsInUserScope) {
  MakeUserDirectory(0);
  MakeUserDirectory(kSomeUser);
  const auto ledger = Open();
  ASSERT_TRUE(ledger);
  ASSERT_EQ(ledger->scope(), admit::Scope::kUser);
  const admit::Request request{.level = {.name = "public"},
                               .name = "storefront",
                               .uid = model::HostUid(0)};
  {
    const auto claim = ledger->Admit(request);
    ASSERT_TRUE(claim);
    const Outcome outcome = Initialise(Here());
    ASSERT_TRUE(outcome.problem);
    EXPECT_THAT(outcome.problem->what, HasSubstr("storefront (public;"));
    EXPECT_FALSE(Exists(Path()));
  }
  // A user without a ledger is not given one by looking.
  EXPECT_FALSE(Exists(run_ + "/user/54321/ringfence"));
  ASSERT_FALSE(Initialise(Here()).problem);
  // The ledger that was open before counts no more.
  const auto late = ledger->Admit(request);
  ASSERT_FALSE(late);
  EXPECT_TRUE(std::holds_alternative<admit::Unusable>(late.error()));
}

TEST_F(GroundTest, AMissingGroupIsOnlyNamedInADryRun) {
  Ground ground = Here(Mode::kDryRun);
  ground.group = "ringfence-test-nogroup";
  const Outcome outcome = Initialise(ground);
  EXPECT_FALSE(outcome.problem);
  EXPECT_THAT(outcome.lines,
              Contains("would make the group ringfence-test-nogroup"));
}

TEST_F(GroundTest, AnOrdinaryUserIsToldToBecomeRoot) {
  EXPECT_EQ(InChild([&] {
              if (::setresuid(kSomeUser, kSomeUser, kSomeUser) != 0) return 2;
              const Outcome init = Initialise(Here());
              const Outcome deinit = Deinitialise(Here());
              return init.problem && deinit.problem &&
                             init.problem->what == "only root may do this"
                         ? 0
                         : 1;
            }),
            0);
  EXPECT_FALSE(Exists(Path()));
}

}  // namespace
}  // namespace ringfence::host
