// kill -9 of the supervisor, of init and of both at each system call of a
// launch: nothing survives, and the host is not granted to another level while
// a process of the sandbox is left.
//
// A test takes a sample of the calls; RINGFENCE_SWEEP=full takes all of them
// (docs/assurance.md).
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>

#include "admit/ledger.h"
#include "live/fault.h"

namespace ringfence::live {
namespace {

// Whether no thread of `pid` will execute anything again: the kernel takes its
// descriptors away, and the claim with them, before its namespaces.
// PF_EXITING in proc_pid_stat(5), from the kernel's include/linux/sched.h.
bool IsOver(pid_t pid) {
  constexpr unsigned kExiting = 0x4;
  std::error_code error;
  std::filesystem::directory_iterator threads(
      "/proc/" + std::to_string(pid) + "/task", error);
  for (; !error && threads != std::filesystem::directory_iterator();
       threads.increment(error)) {
    const std::string stat = TextOf(threads->path() / "stat");
    if (stat.empty()) continue;  // reaped meanwhile
    std::istringstream fields(stat.substr(stat.rfind(')') + 1));
    std::string skipped;
    for (int i = 0; i < 6; ++i) fields >> skipped;
    unsigned flags = 0;
    if (!(fields >> flags) || (flags & kExiting) == 0) return false;
  }
  return true;
}

class DeathAtStep : public FaultTest {
 protected:
  // Processes of the user's in another PID namespace than this one.
  std::vector<pid_t> InSandboxes() const {
    const auto own = std::filesystem::read_symlink("/proc/self/ns/pid");
    std::vector<pid_t> inside;
    for (const pid_t pid : ProcessesOf(user_.uid)) {
      std::error_code error;
      const auto other = std::filesystem::read_symlink(
          "/proc/" + std::to_string(pid) + "/ns/pid", error);
      if (!error && other != own && !IsOver(pid)) inside.push_back(pid);
    }
    return inside;
  }

  std::vector<std::string> LineOf(
      const std::vector<std::string>& options) const {
    std::vector<std::string> line = {inject_};
    line.insert(line.end(), options.begin(), options.end());
    const std::string bin = home_.path() + "/bin/";
    line.insert(line.end(),
                {"--", bin + "ringfence-launch", "--bundle", "3", "--base",
                 home_.path(), "--relay", bin + "ringfence-relay"});
    return line;
  }

  // A claim of another level, as soon as it is granted, and who was there then.
  void ExpectGrantedWhenEmpty(const std::string& level) {
    const model::HostUid uid{user_.uid};
    const auto ledger = admit::Ledger::Open(uid);
    ASSERT_TRUE(ledger);
    const admit::Request request{
        .level = {.name = level}, .name = "claimant", .uid = uid};
    std::vector<pid_t> left;
    const bool granted = Eventually([&] {
      auto claim = ledger->Admit(request);
      if (!claim) return false;
      left = InSandboxes();
      EXPECT_TRUE(claim->Release());
      return true;
    });
    EXPECT_TRUE(granted) << "the host stays claimed";
    EXPECT_TRUE(left.empty())
        << "the claim was free while process " << left.front() << " lived";
  }

  // Whether anybody was killed.
  bool Kill(const Target& target, const char* victim) {
    std::filesystem::remove(folder_ + "/ran");
    const UniqueFd bundle(::open(bundle_.c_str(), O_RDONLY | O_CLOEXEC));
    Background launch(
        user_,
        LineOf({"--role", target.role, "--call", std::to_string(target.call),
                "--nth", std::to_string(target.nth), "--kill", victim}),
        {.descriptors = {{3, bundle.get()}}});
    if (!launch.WaitForLine("inject: killed")) return false;
    ExpectGrantedWhenEmpty("public");
    const Outcome outcome = launch.Wait();
    const auto* exited = std::get_if<Exited>(&outcome.end);
    // Init alone may have died after its last word, or after the program's.
    EXPECT_TRUE(exited != nullptr &&
                (exited->code == 128 + SIGKILL || exited->code == 125 ||
                 (exited->code == 0 && std::string(victim) == "init")))
        << outcome;
    if (std::filesystem::exists(folder_ + "/ran")) ++ran_;
    ExpectNothingLeft();
    return true;
  }

  int ran_ = 0;
};

TEST_F(DeathAtStep, LeavesNothingAndFreesNothingTooEarly) {
  const char* const text = std::getenv("RINGFENCE_SWEEP");
  const bool full = text != nullptr && std::string_view(text) == "full";
  std::map<std::pair<std::string, long>, long> times;
  std::vector<Target> targets;
  for (const auto& [role, number, argument] : Launch({}).calls) {
    if (role == "other") continue;
    targets.push_back({role, number, ++times[{role, number}], {}});
  }
  ASSERT_GT(targets.size(), 300u);
  const size_t step = full ? 1 : targets.size() / 60;
  for (const char* victim : {"supervisor", "init", "both"}) {
    int killed = 0, missed = 0;
    ran_ = 0;
    for (size_t i = 0; i < targets.size() && !HasFailure(); i += step) {
      SCOPED_TRACE(std::string(victim) + " at " + Describe(targets[i]));
      Kill(targets[i], victim) ? ++killed : ++missed;
    }
    std::printf(
        "  %s: killed at %d calls, %d times after the program had "
        "begun; not there or not reached: %d\n",
        victim, killed, ran_, missed);
    EXPECT_GT(killed, missed);
  }
  EXPECT_TRUE(Launch({}).ran);
}

// The control: a sandbox that lives is seen, and its level's claim granted.
TEST_F(DeathAtStep, SeesWhoIsLeft) {
  bundle_ = Compile(Write("sleeper", "untrusted", {"/opt/probe", "sleep:30"}));
  Background sleeper(user_, RunLine({bundle_}));
  EXPECT_TRUE(Eventually([&] { return InSandboxes().size() >= 2; }));
  const model::HostUid uid{user_.uid};
  const auto ledger = admit::Ledger::Open(uid);
  ASSERT_TRUE(ledger);
  const auto grant = [&](const char* level) {
    auto claim = ledger->Admit(
        {.level = {.name = level}, .name = "claimant", .uid = uid});
    return claim && claim->Release();
  };
  EXPECT_TRUE(grant("untrusted"));
  EXPECT_FALSE(grant("public"));
  EXPECT_FALSE(InSandboxes().empty());
  sleeper.Signal(SIGTERM);
  (void)sleeper.Wait();
}

}  // namespace
}  // namespace ringfence::live
