#include <gmock/gmock.h>
#include <sys/mount.h>

#include "ledger_fixture.h"

namespace ringfence::admit {
namespace {

using testing::HasSubstr;

class FullDiskTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to mount a small disk";
    ASSERT_EQ(::mount("small", run_.UserDirectory().c_str(), "tmpfs", 0,
                      "size=128k,mode=0700"),
              0);
    auto ledger = run_.Open();
    ASSERT_TRUE(ledger) << Describe(ledger.error());
    ledger_.emplace(std::move(*ledger));
  }
  void TearDown() override {
    (void)::umount2(run_.UserDirectory().c_str(), MNT_DETACH);
  }

  void Fill() const {
    const UniqueFd file =
        sys::Open(Filler().c_str(), O_WRONLY | O_CREAT, 0600).value();
    const std::string block(4096, 'x');
    while (::write(file.get(), block.data(), block.size()) > 0) {
    }
  }
  std::string Filler() const { return run_.UserDirectory() + "/filler"; }

  RunDirectory run_;
  std::optional<Ledger> ledger_;
};

TEST_F(FullDiskTest, RefusesWhatHasNoRoomAndKeepsWhatRuns) {
  std::vector<Claim> running;
  const auto admit = [&](size_t number) {
    auto claim = ledger_->Admit(
        RequestFor("public", "w" + std::to_string(number)), kShort);
    if (claim) running.push_back(std::move(*claim));
    return claim ? std::nullopt : std::optional(std::move(claim).error());
  };
  ASSERT_FALSE(admit(0));
  Fill();
  // The page of the first record has room for some more.
  std::optional<Refusal> refused;
  while (!refused && running.size() < 100) refused = admit(running.size());
  ASSERT_TRUE(refused);
  EXPECT_EQ(ExitCode(*refused), 120);
  EXPECT_THAT(Describe(*refused, Request{}),
              testing::AllOf(HasSubstr("No space left"),
                             HasSubstr("help: free space")));
  // What runs is still known, and keeps others out.
  EXPECT_EQ(ledger_->Running().value().size(), running.size());
  EXPECT_TRUE(RefusedFor<Incompatible>(
      ledger_->Admit(RequestFor("untrusted", "x"), kShort)));
  const size_t held = running.size();
  ASSERT_EQ(::unlink(Filler().c_str()), 0);
  EXPECT_FALSE(admit(held));
  EXPECT_EQ(ledger_->Running().value().size(), held + 1);
}

}  // namespace
}  // namespace ringfence::admit
