// A ledger of the user scope in a directory of its own, and processes to kill.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <span>
#include <string>
#include <utility>

#include "run_directory.h"
#include "sys/file.h"

namespace ringfence::admit {

// Nothing that these tests wait for comes later, so a refusal need not wait.
inline constexpr Patience kShort{
    .admission = 200, .dying = 200, .unexplained = 200};

// A child that does nothing, and closes the write end of its gate by dying.
class Child {
 public:
  template <typename Body>
  explicit Child(Body body) {
    int gate[2];
    EXPECT_EQ(::pipe2(gate, O_CLOEXEC), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(gate[0]);
      body();
      (void)!::write(gate[1], "x", 1);
      for (;;) ::pause();
    }
    ::close(gate[1]);
    char ready = 0;
    EXPECT_EQ(::read(gate[0], &ready, 1), 1) << "the child failed";
    ::close(gate[0]);
  }
  Child() : Child([] {}) {}
  ~Child() { Kill(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  pid_t pid() const { return pid_; }
  void Kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(std::exchange(pid_, 0), nullptr, 0);
  }

 private:
  pid_t pid_ = 0;
};

class LedgerTest : public testing::Test {
 protected:
  void SetUp() override {
    auto ledger = run_.Open();
    ASSERT_TRUE(ledger) << Describe(ledger.error());
    ledger_.emplace(std::move(*ledger));
  }

  std::expected<Claim, Refusal> Admit(const Request& request) {
    return ledger_->Admit(request, kShort);
  }
  std::expected<Claim, Refusal> Admit(std::string level, std::string name) {
    return Admit(RequestFor(std::move(level), std::move(name)));
  }
  size_t CountRunning() { return ledger_->Running().value().size(); }
  // Descriptors of the files with locks of their own.
  UniqueFd OpenRaw() {
    return sys::Open(run_.UserLedger().c_str(), O_RDWR).value();
  }
  UniqueFd OpenRawPresence() {
    return sys::Open(run_.UserPresence().c_str(), O_RDWR).value();
  }
  Files OpenRawFiles() { return {OpenRaw(), OpenRawPresence()}; }
  void Corrupt(off_t at, std::string_view bytes) {
    const UniqueFd raw = OpenRaw();
    ASSERT_TRUE(sys::PwriteAll(raw.get(), std::as_bytes(std::span(bytes)), at));
  }

  RunDirectory run_;
  std::optional<Ledger> ledger_;
};

template <typename Why>
testing::AssertionResult RefusedFor(
    const std::expected<Claim, Refusal>& outcome) {
  if (outcome) return testing::AssertionFailure() << "admitted";
  if (std::holds_alternative<Why>(outcome.error())) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << Describe(outcome.error(), Request{});
}

inline Request Tenant(std::string level, std::string tenant, std::string name) {
  Request request = RequestFor(std::move(level), std::move(name));
  request.level.tenant = std::move(tenant);
  request.level.colocate = model::Colocate::kSameTenant;
  return request;
}

inline Request Alone(std::string level, std::string name) {
  Request request = RequestFor(std::move(level), std::move(name));
  request.level.colocate = model::Colocate::kAlone;
  return request;
}

}  // namespace ringfence::admit
