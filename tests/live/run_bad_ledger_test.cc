// A ledger that is not what it should be: nothing runs beside it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "live/bad_input.h"

namespace ringfence::live {
namespace {

namespace fs = std::filesystem;

// The user's own ledger, if there is one, put aside and back again.
class BadLedger : public BadInput {
 protected:
  BadLedger() {
    std::error_code error;
    fs::rename(ledger_, aside_, error);
  }
  ~BadLedger() override {
    Remove();
    std::error_code error;
    fs::rename(aside_, ledger_, error);
  }
  void Remove() const {
    std::error_code error;
    fs::remove_all(ledger_, error);
  }
  void ExpectUnusable(const std::string& name, const std::string& path) const {
    ExpectRefused(name, RunText(kGood), kColocation, {"ledger", path});
    const Outcome asked = Ringfence({"why", "untrusted"});
    EXPECT_EQ(asked.end, End(Exited{kColocation})) << name << asked;
  }
  // A ledger as Ringfence makes it.
  void Fresh() const {
    Remove();
    ExpectRuns("fresh", RunText(kGood));
  }
  const std::string runtime_ = "/run/user/" + std::to_string(user_.uid);
  const std::string ledger_ = runtime_ + "/ringfence";
  const std::string aside_ = runtime_ + "/ringfence-aside";
};

TEST_F(BadLedger, IsRefused) {
  Fresh();
  for (const mode_t mode : {0777u, 0770u, 0755u, 0500u}) {
    ASSERT_EQ(::chmod(ledger_.c_str(), mode), 0);
    ExpectUnusable("mode", ledger_);
  }
  ASSERT_EQ(::chmod(ledger_.c_str(), 0700), 0);
  ExpectRuns("as it was", RunText(kGood));

  const std::string file = ledger_ + "/ledger";
  ASSERT_EQ(::chmod(file.c_str(), 0666), 0);
  ExpectUnusable("mode of the file", file);
  ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
  ExpectRuns("as it was", RunText(kGood));
  const auto size = fs::file_size(file);
  ASSERT_EQ(::truncate(file.c_str(), 100), 0);
  ExpectUnusable("cut", file);
  std::ofstream(file, std::ios::trunc | std::ios::binary)
      << std::string(size, '\xff');
  ExpectUnusable("noise", file);

  Fresh();
  const std::string presence = ledger_ + "/presence";
  ASSERT_EQ(::chmod(presence.c_str(), 0666), 0);
  ExpectUnusable("mode of the presence file", presence);
  ASSERT_TRUE(fs::remove(presence));
  ExpectUnusable("no presence file", presence);
  ASSERT_EQ(::mkfifo(presence.c_str(), 0600), 0);
  ExpectUnusable("FIFO as the presence file", presence);
  ASSERT_TRUE(fs::remove(presence));
  Fresh();
  // A lock on the old one keeps it, and so its inode is not given to the new
  // one. Without any the two are as good as one.
  const UniqueFd held(::open(presence.c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_TRUE(fs::remove(presence));
  std::ofstream(presence).close();
  ASSERT_EQ(::chmod(presence.c_str(), 0600), 0);
  ASSERT_EQ(::chown(presence.c_str(), user_.uid, user_.gid), 0);
  ExpectUnusable("another presence file", presence);

  Fresh();
  const std::string elsewhere = home_.Make("elsewhere", 0700);
  fs::remove_all(ledger_);
  fs::create_symlink(elsewhere, ledger_);
  ExpectUnusable("link", ledger_);
  Fresh();
  const std::string other = ledger_ + "/other";
  fs::rename(file, other);
  fs::create_symlink(other, file);
  ExpectUnusable("link as the file", file);
  Remove();
  std::ofstream(ledger_) << "a file";
  ExpectUnusable("file", ledger_);
  Fresh();
}

TEST_F(BadLedger, OfAnotherOwner_IsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to change the owner";
  Fresh();
  const std::string file = ledger_ + "/ledger";
  ASSERT_EQ(::chown(ledger_.c_str(), 0, 0), 0);
  ExpectUnusable("owner", ledger_);
  ASSERT_EQ(::chown(ledger_.c_str(), user_.uid, user_.gid), 0);
  ExpectRuns("as it was", RunText(kGood));
  ASSERT_EQ(::chown(file.c_str(), 0, 0), 0);
  ExpectUnusable("owner of the file", file);
  Remove();
  ASSERT_EQ(::chown(runtime_.c_str(), 0, 0), 0);
  ExpectUnusable("owner of the runtime directory", runtime_);
  ASSERT_EQ(::chown(runtime_.c_str(), user_.uid, user_.gid), 0);
  ASSERT_EQ(::chmod(runtime_.c_str(), 0777), 0);
  ExpectUnusable("mode of the runtime directory", runtime_);
  ASSERT_EQ(::chmod(runtime_.c_str(), 0700), 0);
  const std::string gone = runtime_ + "-aside";
  fs::rename(runtime_, gone);
  ExpectUnusable("no runtime directory", runtime_);
  fs::rename(gone, runtime_);
  Fresh();
}

}  // namespace
}  // namespace ringfence::live
