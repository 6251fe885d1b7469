#include "admit/place.h"

#include <gmock/gmock.h>
#include <grp.h>
#include <sys/wait.h>

#include <fstream>

#include "admit/layout.h"
#include "run_directory.h"
#include "sys/user.h"

namespace ringfence::admit {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

constexpr model::HostGid kSomeGroup{54320};
constexpr uid_t kSomeUser = 54321;

void Write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string Slurp(const std::string& path) {
  return sys::ReadFile(path.c_str(), size_t{1} << 21).value();
}

std::string ReasonOf(const std::expected<Ledger, Unusable>& ledger) {
  if (ledger) return "usable";
  EXPECT_FALSE(ledger.error().remedy.empty());
  EXPECT_FALSE(ledger.error().path.empty());
  return ledger.error().reason;
}

class UserScopeTest : public testing::Test {
 protected:
  RunDirectory run_;
};

TEST_F(UserScopeTest, TheLedgerIsMadeOnDemandForItsOwnerAlone) {
  const auto ledger = run_.Open();
  ASSERT_TRUE(ledger) << ReasonOf(ledger);
  EXPECT_EQ(ledger->scope(), Scope::kUser);
  struct stat status{};
  ASSERT_EQ(::stat(run_.UserLedger().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode, S_IFREG | 0600u);
  EXPECT_EQ(status.st_size, kFileSize);
  // A second time finds the same one.
  ASSERT_TRUE(run_.Open());
  struct stat again{};
  ASSERT_EQ(::stat(run_.UserLedger().c_str(), &again), 0);
  EXPECT_EQ(status.st_ino, again.st_ino);
}

TEST_F(UserScopeTest, WithoutARuntimeDirectoryTheRemedyIsHostInit) {
  ASSERT_EQ(::rmdir(run_.UserDirectory().c_str()), 0);
  const auto ledger = run_.Open();
  ASSERT_FALSE(ledger);
  EXPECT_EQ(ledger.error().err, ENOENT);
  EXPECT_THAT(ledger.error().remedy, HasSubstr("ringfence host init"));
}

TEST_F(UserScopeTest, ARuntimeDirectoryThatOthersWriteIsRefused) {
  ASSERT_TRUE(run_.Open());
  for (const mode_t mode : {0720u, 0702u, 0777u}) {
    ASSERT_EQ(::chmod(run_.UserDirectory().c_str(), mode), 0);
    EXPECT_THAT(ReasonOf(run_.Open()), HasSubstr("not yours alone"));
  }
}

TEST_F(UserScopeTest, ARuntimeDirectoryThatIsALinkIsRefused) {
  const std::string real = run_.path() + "/elsewhere";
  ASSERT_EQ(::rename(run_.UserDirectory().c_str(), real.c_str()), 0);
  ASSERT_EQ(::symlink(real.c_str(), run_.UserDirectory().c_str()), 0);
  EXPECT_THAT(ReasonOf(run_.Open()), HasSubstr("cannot be opened"));
}

TEST_F(UserScopeTest, ADirectoryOfAnotherModeIsRefused) {
  const std::string directory = run_.UserDirectory() + "/ringfence";
  for (const mode_t mode : {0755u, 0770u, 01700u}) {
    ASSERT_TRUE(run_.Open());
    ASSERT_EQ(::chmod(directory.c_str(), mode), 0);
    EXPECT_THAT(ReasonOf(run_.Open()), HasSubstr("mode"));
    ASSERT_EQ(::chmod(directory.c_str(), 0700), 0);
  }
  ASSERT_TRUE(run_.Open());
}

TEST_F(UserScopeTest, SomethingElseInPlaceOfTheDirectoryIsRefused) {
  const std::string directory = run_.UserDirectory() + "/ringfence";
  Write(directory, "");
  EXPECT_THAT(ReasonOf(run_.Open()), HasSubstr("not a directory"));
  ASSERT_EQ(::unlink(directory.c_str()), 0);
  ASSERT_EQ(::symlink("/tmp", directory.c_str()), 0);
  EXPECT_THAT(ReasonOf(run_.Open()), HasSubstr("not a directory"));
}

TEST_F(UserScopeTest, SomethingElseInPlaceOfTheFileIsRefused) {
  ASSERT_TRUE(run_.Open());
  const std::string file = run_.UserLedger();
  const std::string good = Slurp(file);

  ASSERT_EQ(::unlink(file.c_str()), 0);
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  EXPECT_THAT(ReasonOf(run_.Open()), HasSubstr("not a regular file"));

  ASSERT_EQ(::unlink(file.c_str()), 0);
  ASSERT_EQ(::mkdir(file.c_str(), 0600), 0);
  EXPECT_THAT(ReasonOf(run_.Open()), HasSubstr("cannot be opened"));

  ASSERT_EQ(::rmdir(file.c_str()), 0);
  const std::string elsewhere = run_.path() + "/copy";
  Write(elsewhere, good);
  ASSERT_EQ(::chmod(elsewhere.c_str(), 0600), 0);
  ASSERT_EQ(::symlink(elsewhere.c_str(), file.c_str()), 0);
  EXPECT_THAT(ReasonOf(run_.Open()), HasSubstr("cannot be opened"));

  // The control: the same bytes as a plain file are taken.
  ASSERT_EQ(::unlink(file.c_str()), 0);
  ASSERT_EQ(::rename(elsewhere.c_str(), file.c_str()), 0);
  EXPECT_EQ(ReasonOf(run_.Open()), "usable");
}

TEST_F(UserScopeTest, AFileOfAnotherModeIsRefused) {
  ASSERT_TRUE(run_.Open());
  ASSERT_EQ(::chmod(run_.UserLedger().c_str(), 0666), 0);
  EXPECT_THAT(ReasonOf(run_.Open()), HasSubstr("mode 0666, not 0600"));
}

TEST_F(UserScopeTest, ATruncatedOrLengthenedFileIsRefused) {
  for (const off_t size :
       {off_t{0}, off_t{100}, kFileSize - 1, kFileSize + 1}) {
    ASSERT_TRUE(run_.Open());
    ASSERT_EQ(::truncate(run_.UserLedger().c_str(), size), 0);
    EXPECT_THAT(ReasonOf(run_.Open()), HasSubstr("bytes, not"));
    ASSERT_EQ(::unlink(run_.UserLedger().c_str()), 0);
  }
}

TEST_F(UserScopeTest, AnotherHeaderIsRefused) {
  ASSERT_TRUE(run_.Open());
  const std::string good = Slurp(run_.UserLedger());
  struct Case {
    size_t offset;
    const char* reason;
  };
  for (const Case& c :
       {Case{0, "is not a ledger"},
        Case{offsetof(Header, format), "another version"},
        Case{offsetof(Header, records), "another version"},
        Case{offsetof(Header, boot), "another boot"},
        Case{offsetof(Header, boot) + offsetof(Boot, pid_namespace),
             "another PID namespace"}}) {
    std::string bad = good;
    bad[c.offset] = static_cast<char>(bad[c.offset] ^ 1);
    Write(run_.UserLedger(), bad);
    EXPECT_THAT(ReasonOf(run_.Open()), HasSubstr(c.reason));
  }
  Write(run_.UserLedger(), std::string(good.size(), '\xa5'));
  EXPECT_THAT(ReasonOf(run_.Open()), HasSubstr("is not a ledger"));
  Write(run_.UserLedger(), good);
  EXPECT_EQ(ReasonOf(run_.Open()), "usable");
}

// The file with the locks: without it nobody can say who runs.
TEST_F(UserScopeTest, AnotherPresenceFileIsRefused) {
  const std::string path = run_.UserPresence();
  const auto ledger = run_.Open();
  ASSERT_TRUE(ledger);
  const auto expect_refused = [&](const char* reason) {
    const auto claim = ledger->Admit(RequestFor("public", "a"));
    ASSERT_FALSE(claim);
    const auto* why = std::get_if<Unusable>(&claim.error());
    ASSERT_NE(why, nullptr);
    EXPECT_THAT(why->path, EndsWith("/ringfence/presence"));
    EXPECT_THAT(why->reason, HasSubstr(reason));
    EXPECT_THAT(why->remedy, HasSubstr("stop every workload"));
    EXPECT_FALSE(ledger->Running());
  };
  EXPECT_TRUE(ledger->Running());
  ASSERT_EQ(::chmod(path.c_str(), 0666), 0);
  expect_refused("mode 0666, not 0600");
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  ASSERT_EQ(::truncate(path.c_str(), 1), 0);
  expect_refused("1 bytes, not 0");
  ASSERT_EQ(::truncate(path.c_str(), 0), 0);
  EXPECT_TRUE(ledger->Admit(RequestFor("public", "a")));

  const std::string aside = path + "-aside";
  ASSERT_EQ(::rename(path.c_str(), aside.c_str()), 0);
  expect_refused("is missing");
  ASSERT_EQ(::symlink(aside.c_str(), path.c_str()), 0);
  expect_refused("cannot be opened");
  ASSERT_EQ(::unlink(path.c_str()), 0);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  expect_refused("is not a regular file");
  ASSERT_EQ(::unlink(path.c_str()), 0);
  Write(path, "");
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  expect_refused("was replaced");
  ASSERT_EQ(::unlink(path.c_str()), 0);
  ASSERT_EQ(::rename(aside.c_str(), path.c_str()), 0);
  EXPECT_TRUE(ledger->Admit(RequestFor("public", "a")));
}

// Whatever stands at RUN/ringfence, user scope is not an answer any more.
class HostScopeTest : public UserScopeTest {
 protected:
  void SetUp() override { ASSERT_TRUE(run_.Open()) << "user scope works"; }
};

TEST_F(HostScopeTest, AFileALinkOrAFifoInItsPlaceIsRefused) {
  const std::string path = run_.HostDirectory();
  Write(path, "");
  EXPECT_THAT(ReasonOf(run_.Open(kSomeGroup)), HasSubstr("not a directory"));
  ASSERT_EQ(::unlink(path.c_str()), 0);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_THAT(ReasonOf(run_.Open(kSomeGroup)), HasSubstr("not a directory"));
  ASSERT_EQ(::unlink(path.c_str()), 0);
  ASSERT_EQ(::symlink(run_.UserDirectory().c_str(), path.c_str()), 0);
  EXPECT_THAT(ReasonOf(run_.Open(kSomeGroup)), HasSubstr("not a directory"));
  ASSERT_EQ(::unlink(path.c_str()), 0);
  ASSERT_EQ(::symlink("/nonexistent", path.c_str()), 0);
  EXPECT_THAT(ReasonOf(run_.Open(kSomeGroup)), HasSubstr("not a directory"));
  ASSERT_EQ(::unlink(path.c_str()), 0);
  EXPECT_EQ(ReasonOf(run_.Open(kSomeGroup)), "usable");
}

// Needs root: the directory of the host scope is root's.
class HostScopeAsRootTest : public HostScopeTest {
 protected:
  void SetUp() override {
    HostScopeTest::SetUp();
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    const std::string path = run_.HostDirectory();
    ASSERT_EQ(::mkdir(path.c_str(), 0750), 0);
    ASSERT_EQ(::chmod(path.c_str(), 0750), 0);
    ASSERT_EQ(::chown(path.c_str(), 0, kSomeGroup.value), 0);
    const auto directory = sys::Open(path.c_str(), O_PATH | O_DIRECTORY);
    ASSERT_TRUE(directory);
    ASSERT_TRUE(CreateFiles(directory->get(), 0660, kSomeGroup));
  }

  // What a user outside root, in `groups`, gets to hear.
  std::string ReasonFor(std::vector<gid_t> groups) {
    int out[2];
    EXPECT_EQ(::pipe2(out, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      if (::setgroups(groups.size(), groups.data()) != 0 ||
          ::setresgid(kSomeUser, kSomeUser, kSomeUser) != 0 ||
          ::setresuid(kSomeUser, kSomeUser, kSomeUser) != 0) {
        ::_exit(1);
      }
      const auto ledger =
          Ledger::OpenBelow(run_.fd(), model::HostUid(kSomeUser), kSomeGroup);
      const std::string text =
          ledger ? (ledger->scope() == Scope::kHost ? "host" : "user")
                 : ledger.error().reason + "; " + ledger.error().remedy;
      (void)!::write(out[1], text.data(), text.size());
      ::_exit(0);
    }
    ::close(out[1]);
    const std::string text = sys::ReadAll(out[0], 4096).value();
    ::close(out[0]);
    EXPECT_EQ(::waitpid(child, nullptr, 0), child);
    return text;
  }
};

TEST_F(HostScopeAsRootTest, AMemberOfTheGroupUsesIt) {
  EXPECT_EQ(ReasonFor({kSomeGroup.value}), "host");
}

TEST_F(HostScopeAsRootTest, WhoIsNotInTheGroupIsRefusedAndToldHowToJoin) {
  const std::string reason = ReasonFor({});
  EXPECT_THAT(reason, HasSubstr("not in group ringfence"));
  EXPECT_THAT(reason, HasSubstr("usermod -aG ringfence"));
}

TEST_F(HostScopeAsRootTest, WithoutTheGroupItIsRefused) {
  EXPECT_THAT(ReasonOf(run_.Open(std::nullopt)), HasSubstr("no group"));
  EXPECT_THAT(ReasonOf(run_.Open(model::HostGid(kSomeGroup.value + 1))),
              HasSubstr("belongs to group"));
  EXPECT_EQ(ReasonOf(run_.Open(kSomeGroup)), "usable");
}

TEST_F(HostScopeAsRootTest, AWrongOwnerOrModeIsRefused) {
  const std::string path = run_.HostDirectory();
  ASSERT_EQ(::chown(path.c_str(), kSomeUser, kSomeGroup.value), 0);
  EXPECT_THAT(ReasonFor({kSomeGroup.value}), HasSubstr("owned by uid 54321"));
  ASSERT_EQ(::chown(path.c_str(), 0, kSomeGroup.value), 0);
  for (const mode_t mode : {0755u, 0770u, 0700u, 02750u}) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    EXPECT_THAT(ReasonFor({kSomeGroup.value}), HasSubstr("mode"));
  }
  ASSERT_EQ(::chmod(path.c_str(), 0750), 0);
  const std::string file = path + "/ledger";
  ASSERT_EQ(::chown(file.c_str(), kSomeUser, kSomeGroup.value), 0);
  EXPECT_THAT(ReasonFor({kSomeGroup.value}), HasSubstr("owned by uid 54321"));
  ASSERT_EQ(::chown(file.c_str(), 0, kSomeGroup.value), 0);
  EXPECT_EQ(ReasonFor({kSomeGroup.value}), "host");
}

TEST_F(HostScopeAsRootTest, AMissingLedgerIsNotMadeButRefused) {
  const std::string file = run_.HostDirectory() + "/ledger";
  ASSERT_EQ(::unlink(file.c_str()), 0);
  EXPECT_THAT(ReasonOf(run_.Open(kSomeGroup)), HasSubstr("is missing"));
  EXPECT_NE(::access(file.c_str(), F_OK), 0);
}

TEST_F(UserScopeTest, ARuntimeDirectoryOfAnotherUserIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  ASSERT_TRUE(run_.Open());
  ASSERT_EQ(::chown(run_.UserDirectory().c_str(), kSomeUser, kSomeUser), 0);
  EXPECT_THAT(ReasonOf(run_.Open()), HasSubstr("not yours alone"));
}

}  // namespace
}  // namespace ringfence::admit
