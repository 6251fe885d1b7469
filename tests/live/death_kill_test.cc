// kill -9 of the supervisor, of init, and of both: afterwards nothing is
// left, and nothing ran once the ledger had granted the host to another level.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <optional>
#include <random>
#include <set>
#include <thread>

#include "admit/ledger.h"
#include "live/sandbox.h"
#include "live/witness.h"

namespace ringfence::live {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr uint64_t kGroup = 1;  // of the workload's witnesses
constexpr size_t kBusy = 12;    // how many of them there are
// How long a process that wrongly lives on is given to be seen.
constexpr milliseconds kAfter{20};

// Children, orphans, sessions of their own, and one that makes denied calls
// all the time: each waits for an answer of the supervisor.
constexpr char kTree[] =
    "w=witness:/data/witness,1; "
    "/opt/probe $w & "
    "(/opt/probe $w &); "
    "setsid /opt/probe $w & "
    "for i in 1 2 3 4 5 6; do /opt/probe $w & done; "
    "(setsid sh -c \"/opt/probe $w & exec /opt/probe $w\" &); "
    "while :; do /opt/probe userns; done >/dev/null & "
    "exec /opt/probe $w";

enum class Victim { kSupervisor, kInit, kBoth };
// When it is killed: at any time from its start, or when the workload is busy.
enum class When { kDuringLaunch, kWhileBusy };

std::set<std::string> Mounts() {
  std::set<std::string> mounts;
  std::ifstream file("/proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) mounts.insert(line);
  return mounts;
}

// The first child of `pid`, by /proc/PID/task/TID/children.
std::optional<pid_t> ChildOf(pid_t pid) {
  const std::string number = std::to_string(pid);
  std::ifstream file("/proc/" + number + "/task/" + number + "/children");
  pid_t child = 0;
  if (file >> child) return child;
  return std::nullopt;
}

class Death : public SandboxTest {
 protected:
  void SetUp() override {
    // The user makes the ledger, not this test.
    const Outcome made =
        Run({Compile(Write("first", "public", {"/bin/true"}))});
    ASSERT_EQ(made.end, End(Exited{0})) << made;
    second_ = home_.path() + "/compiled/first.rfb";
    bundle_ = Compile(Write(
        "tree", "untrusted", {"/bin/sh", "-c", kTree}, "",
        "  write:\n    - {host: " + witness_path_ + ", at: /data/witness}\n"));
    mounts_ = Mounts();
  }

  // A claim at `level` by this test itself, as soon as it is granted. The
  // time after the grant is the earliest at which anybody could have used it.
  struct Grant {
    uint64_t at_ns = 0;
    admit::Claim claim;
  };
  std::optional<Grant> ClaimWhenFree(const std::string& level) const {
    const model::HostUid uid{user_.uid};
    const auto ledger = admit::Ledger::Open(uid);
    if (!ledger) {
      ADD_FAILURE() << admit::Describe(ledger.error());
      return std::nullopt;
    }
    const admit::Request request{
        .level = {.name = level},
        .name = "claimant",
        .uid = uid,
    };
    // Asked without a pause: what is looked for lasts microseconds.
    std::optional<Grant> grant;
    std::string why;
    const uint64_t end = MonotonicNs() + 20'000'000'000;
    while (!grant && MonotonicNs() < end) {
      auto claim = ledger->Admit(request);
      const uint64_t now = MonotonicNs();
      if (claim) {
        grant.emplace(Grant{now, *std::move(claim)});
      } else if (why = admit::Describe(claim.error(), request);
                 !std::holds_alternative<admit::Incompatible>(claim.error())) {
        break;  // anything else is no reason to ask again
      }
    }
    EXPECT_TRUE(grant) << "the host stays claimed: " << why;
    return grant;
  }

  void ExpectNothingLeft() {
    EXPECT_TRUE(Eventually([&] { return ProcessesOf(user_.uid).empty(); }))
        << "processes are left";
    EXPECT_EQ(Mounts(), mounts_);
    const auto ledger = admit::Ledger::Open(model::HostUid(user_.uid));
    ASSERT_TRUE(ledger);
    const auto running = ledger->Running();
    ASSERT_TRUE(running);
    EXPECT_TRUE(running->empty()) << running->front().record.name;
  }

  bool AllAreBusy() const {
    return Eventually([&] { return witness_.StaysOf(kGroup).size() == kBusy; });
  }

  // One life and death; true if the workload had begun to run.
  bool Trial(Victim victim, When when, std::mt19937& random) {
    witness_.Reset();
    const auto pause = [&](int most) {
      std::this_thread::sleep_for(microseconds(
          std::uniform_int_distribution<int>(0, most * 1000)(random)));
    };
    Background sandbox(user_, RunLine({bundle_}));
    std::optional<pid_t> init;
    if (when == When::kWhileBusy && !AllAreBusy()) {
      ADD_FAILURE() << sandbox.err();
      return false;
    }
    if (victim != Victim::kSupervisor) {
      EXPECT_TRUE(Eventually([&] {
        init = ChildOf(sandbox.pid());
        return init.has_value();
      })) << sandbox.err();
      if (!init) return false;
    }
    if (when == When::kWhileBusy && victim != Victim::kInit && random() % 2) {
      // Nobody answers any more: the denied call waits until it is killed.
      sandbox.Signal(SIGSTOP);
      std::this_thread::sleep_for(milliseconds(30));
    }
    pause(when == When::kWhileBusy ? 10 : 30);
    // Who dies first changes.
    std::vector<pid_t> victims;
    if (victim != Victim::kInit) victims.push_back(sandbox.pid());
    if (init) victims.push_back(*init);
    std::ranges::shuffle(victims, random);
    for (const pid_t pid : victims) EXPECT_EQ(::kill(pid, SIGKILL), 0);

    auto grant = ClaimWhenFree("public");
    if (!grant) return false;
    std::this_thread::sleep_for(kAfter);
    const uint64_t last = witness_.LastOf(kGroup);
    EXPECT_LE(last, grant->at_ns)
        << "a process ran " << (last - grant->at_ns) / 1000
        << " us after the host was granted to another level";
    EXPECT_TRUE(grant->claim.Release());

    const Outcome outcome = sandbox.Wait();
    if (victim == Victim::kInit) {
      EXPECT_EQ(outcome.end, End(Exited{125})) << outcome;
      EXPECT_THAT(outcome.err, ::testing::HasSubstr("the sandbox's init "));
    } else {
      EXPECT_EQ(outcome.end, End(Signaled{SIGKILL})) << outcome;
    }
    ExpectNothingLeft();
    return last != 0;
  }

  void Trials(Victim victim, When when, int times, unsigned seed) {
    std::mt19937 random(seed);
    int begun = 0;
    for (int i = 0; i < times && !HasFailure(); ++i) {
      SCOPED_TRACE("trial " + std::to_string(i));
      if (Trial(victim, when, random)) ++begun;
    }
    std::printf("  %d of %d were killed after their program had begun\n", begun,
                times);
    // And another level really starts.
    const Outcome second = Run({second_});
    EXPECT_EQ(second.end, End(Exited{0})) << second;
    EXPECT_EQ(Ringfence({"ps"}).out.find("tree"), std::string::npos);
  }

  const std::string witness_path_ =
      home_.Write("witness", Witness::Blank(), 0666);
  Witness witness_{witness_path_};
  std::string bundle_;
  std::string second_;
  std::set<std::string> mounts_;
};

TEST_F(Death, OfTheSupervisorDuringLaunchEndsEverything) {
  Trials(Victim::kSupervisor, When::kDuringLaunch, 30, 1);
}
TEST_F(Death, OfInitDuringLaunchEndsEverything) {
  Trials(Victim::kInit, When::kDuringLaunch, 30, 2);
}
TEST_F(Death, OfBothDuringLaunchEndsEverything) {
  Trials(Victim::kBoth, When::kDuringLaunch, 30, 3);
}
TEST_F(Death, OfTheSupervisorEndsEverything) {
  Trials(Victim::kSupervisor, When::kWhileBusy, 20, 4);
}
TEST_F(Death, OfInitEndsEverything) {
  Trials(Victim::kInit, When::kWhileBusy, 20, 5);
}
TEST_F(Death, OfBothEndsEverything) {
  Trials(Victim::kBoth, When::kWhileBusy, 20, 6);
}

// The control: beside a workload of its own level one is admitted at once,
// and then the witness does see processes running after the grant.
TEST_F(Death, TheWitnessSeesWhatRunsAfterAGrant) {
  Background sandbox(user_, RunLine({bundle_}));
  ASSERT_TRUE(AllAreBusy());
  auto grant = ClaimWhenFree("untrusted");
  ASSERT_TRUE(grant);
  EXPECT_TRUE(
      Eventually([&] { return witness_.LastOf(kGroup) > grant->at_ns; }));
  EXPECT_TRUE(grant->claim.Release());
  sandbox.Signal(SIGKILL);
  (void)sandbox.Wait();
}

}  // namespace
}  // namespace ringfence::live
