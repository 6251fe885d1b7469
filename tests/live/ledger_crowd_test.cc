// A crowd: 64 processes of three users start and kill sandboxes of random
// classes on one ledger of a host, and a witness that knows nothing of the
// ledger looks whether two that may not meet ever ran at once.
//
// RINGFENCE_ADMISSIONS=100000 in the environment runs until so many admissions
// were decided; by default it runs for ten seconds. docs/assurance.md has the
// figures of a whole run.
#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <new>
#include <optional>
#include <random>
#include <vector>

#include "admit/layout.h"
#include "admit/ledger.h"
#include "host/policy.h"
#include "live/class_witness.h"
#include "sys/clock.h"
#include "sys/lock.h"
#include "sys/process.h"
#include "unit/admit/run_directory.h"

namespace ringfence::admit {
namespace {

using model::Colocate;

constexpr size_t kWorkers = 64;
constexpr uid_t kFirstUser = 54321;
constexpr uid_t kUsers = 3;
constexpr gid_t kGroup = 54400;
constexpr size_t kMost = 1 << 18;  // launches in one run
constexpr uint64_t kDefaultMs = 10'000;
constexpr Patience kPatient{
    .admission = 120'000, .dying = 120'000, .unexplained = 120'000};

// One run, in memory that all processes share.
struct Shared {
  std::atomic<size_t> next{0};    // the first free sighting
  std::atomic<size_t> wanted{0};  // admissions, decided one way or the other
  std::atomic<bool> stop{false};
  std::atomic<size_t> admitted{0};
  std::atomic<size_t> refused{0};
  std::atomic<size_t> failed{0};
  std::array<std::atomic<size_t>, 6> deaths{};
  Sighting sightings[kMost];
};

struct Launch {
  const RunDirectory& run;
  Shared& shared;
  Sighting& sighting;
  std::atomic<pid_t>& init;
  std::string name;
  uid_t user = 0;
};

[[noreturn]] void BeWorkload(Sighting& sighting) {
  for (;;) {
    sighting.last_ns = NowNs();
    ::sched_yield();
  }
}

[[noreturn]] void BeInit(int gate, int claim, Sighting& sighting) {
  char go = 0;
  if (::read(gate, &go, 1) == 1) {
    if (::fork() == 0) {
      ::close(claim);
      BeWorkload(sighting);
    }
    (void)::setpriority(PRIO_PROCESS, 0, 19);
    (void)!::read(gate, &go, 1);
  }
  ::kill(-1, SIGKILL);
  while (::wait(nullptr) > 0 || errno == EINTR) {
  }
  ::_exit(0);
}

[[noreturn]] void BeSupervisor(const Launch& launch) {
  const gid_t group = kGroup;
  if (::setgroups(1, &group) != 0 ||
      ::setresgid(launch.user, launch.user, launch.user) != 0 ||
      ::setresuid(launch.user, launch.user, launch.user) != 0) {
    ::_exit(3);
  }
  (void)::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  const auto ledger = Ledger::OpenBelow(
      launch.run.fd(), model::HostUid(launch.user), model::HostGid(kGroup));
  if (!ledger) ::_exit(3);
  Request request{.level = Kinds()[static_cast<size_t>(launch.sighting.kind)],
                  .name = launch.name,
                  .uid = model::HostUid(launch.user)};
  auto claim = ledger->Admit(request, kPatient);
  if (!claim) {
    if (std::holds_alternative<Incompatible>(claim.error())) {
      ++launch.shared.refused;
      ::_exit(0);
    }
    std::fprintf(stderr, "%s\n", Describe(claim.error(), request).c_str());
    ::_exit(3);
  }
  launch.sighting.granted_ns = NowNs();
  ++launch.shared.admitted;
  int gate[2];
  if (::pipe2(gate, O_CLOEXEC) != 0) ::_exit(3);
  const auto init = sys::Fork(CLONE_NEWPID | uint64_t{CLONE_NEWUSER});
  if (!init) ::_exit(3);
  if (init->pid == 0) {
    ::close(gate[1]);
    BeInit(gate[0], claim->fd(), launch.sighting);
  }
  ::close(gate[0]);
  launch.init = init->pid;
  if (!claim->RecordInit(init->pid)) ::_exit(3);
  if (::write(gate[1], "g", 1) != 1) ::_exit(3);
  // SIGTERM ends it in order: it is blocked until here.
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  sigaddset(&term, SIGCHLD);
  int signal = 0;
  (void)::sigwait(&term, &signal);
  ::close(gate[1]);
  ::waitpid(init->pid, nullptr, 0);
  ::_exit(claim->Release() ? 0 : 3);
}

enum Death { kTerm, kSupervisor, kInit, kInitFirst, kSupervisorFirst, kEarly };

void Kill(pid_t supervisor, pid_t init, Death death) {
  const auto kill_init = [&] {
    if (init > 0) ::kill(init, SIGKILL);
  };
  switch (death) {
    case kTerm:
      ::kill(supervisor, SIGTERM);
      return;
    case kEarly:
    case kSupervisor:
      ::kill(supervisor, SIGKILL);
      return;
    case kInit:
      kill_init();
      ::kill(supervisor, SIGTERM);
      return;
    case kInitFirst:
      kill_init();
      ::kill(supervisor, SIGKILL);
      return;
    case kSupervisorFirst:
      ::kill(supervisor, SIGKILL);
      kill_init();
      return;
  }
}

[[noreturn]] void BeWorker(const RunDirectory& run, Shared& shared,
                           unsigned number, std::atomic<pid_t>& init) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigaddset(&blocked, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &blocked, nullptr);
  std::mt19937 random(4711 + number);
  const auto below = [&](size_t limit) {
    return static_cast<size_t>(random()) % limit;
  };
  const uid_t user = kFirstUser + number % kUsers;
  while (!shared.stop && shared.admitted + shared.refused < shared.wanted) {
    const size_t slot = shared.next++;
    if (slot >= kMost) break;
    Sighting& sighting = shared.sightings[slot];
    sighting.kind = static_cast<int>(below(Kinds().size()));
    const auto death = static_cast<Death>(below(6));
    const uint64_t life_us = below(2000);
    init = 0;
    const pid_t supervisor = ::fork();
    if (supervisor == 0) {
      BeSupervisor(
          {run, shared, sighting, init, "w" + std::to_string(number), user});
    }
    int status = 0;
    bool reaped = false;
    const auto ended = [&] {
      reaped = reaped || ::waitpid(supervisor, &status, WNOHANG) == supervisor;
      return reaped;
    };
    // The early ones die wherever they are, in the critical section too.
    if (death == kEarly) {
      ::usleep(static_cast<useconds_t>(life_us));
    } else {
      while (!ended() && sighting.last_ns == 0) ::usleep(200);
      ::usleep(static_cast<useconds_t>(life_us));
    }
    if (!ended()) {
      ++shared.deaths[death];
      Kill(supervisor, init, death);
      ::waitpid(supervisor, &status, 0);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 3) ++shared.failed;
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
  }
  while (::wait(nullptr) > 0) {
  }
  ::_exit(0);
}

void SetUpHost(const RunDirectory& run) {
  const std::string path = run.HostDirectory();
  ASSERT_EQ(::mkdir(path.c_str(), 0750), 0);
  ASSERT_EQ(::chown(path.c_str(), 0, kGroup), 0);
  ASSERT_EQ(::chmod(path.c_str(), 0750), 0);
  const auto directory = sys::Open(path.c_str(), O_RDONLY | O_DIRECTORY);
  ASSERT_TRUE(directory);
  ASSERT_TRUE(host::WritePolicy(directory->get(), {}));
  ASSERT_TRUE(CreateFiles(directory->get(), 0660, model::HostGid(kGroup)));
}

template <typename T>
T* Share(size_t count) {
  void* const memory =
      ::mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  EXPECT_NE(memory, MAP_FAILED);
  return static_cast<T*>(memory);
}

class LedgerCrowd : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to be three users";
    SetUpHost(run_);
    shared_ = new (Share<Shared>(1)) Shared;
  }
  void TearDown() override {
    if (shared_ != nullptr) ::munmap(shared_, sizeof(Shared));
  }

  // Until shared_->wanted admissions are decided, or for `ms`. Every second
  // worker looks into `other`, if there is one.
  void Work(std::optional<uint64_t> ms, const RunDirectory* other = nullptr) {
    auto* const inits = Share<std::atomic<pid_t>>(kWorkers);
    std::vector<pid_t> workers;
    for (unsigned w = 0; w < kWorkers; ++w) {
      workers.push_back(::fork());
      if (workers.back() != 0) continue;
      BeWorker(other != nullptr && w % 2 == 1 ? *other : run_, *shared_, w,
               inits[w]);
    }
    if (ms) {
      sys::SleepMs(*ms);
      shared_->stop = true;
    }
    for (const pid_t worker : workers) {
      EXPECT_EQ(::waitpid(worker, nullptr, 0), worker);
    }
    ::munmap(inits, kWorkers * sizeof(std::atomic<pid_t>));
  }
  std::span<const Sighting> Sightings() const {
    return {shared_->sightings, std::min(shared_->next.load(), kMost)};
  }

  const RunDirectory run_;
  Shared* shared_ = nullptr;
};

TEST_F(LedgerCrowd, OfThreeUsersNeverRunsWhatMayNotMeet) {
  Shared& shared = *shared_;
  const char* asked = std::getenv("RINGFENCE_ADMISSIONS");
  shared.wanted = asked != nullptr ? std::strtoul(asked, nullptr, 10) : kMost;

  const uint64_t start = sys::MonotonicMs();
  Work(asked == nullptr ? std::optional(kDefaultMs) : std::nullopt);
  if (asked != nullptr) {
    EXPECT_GE(shared.admitted + shared.refused, shared.wanted.load());
  }
  const auto sightings = Sightings();
  const auto ran = std::ranges::count_if(
      sightings, [](const Sighting& s) { return s.last_ns != 0; });
  std::printf(
      "%zu launches in %.1f s: %zu admitted, %zu refused, %td ran; killed: "
      "%zu in order, %zu supervisors, %zu inits, %zu both (init first), %zu "
      "both (supervisor first), %zu at any moment\n",
      sightings.size(), static_cast<double>(sys::MonotonicMs() - start) / 1000,
      shared.admitted.load(), shared.refused.load(), ran,
      shared.deaths[0].load(), shared.deaths[1].load(), shared.deaths[2].load(),
      shared.deaths[3].load(), shared.deaths[4].load(),
      shared.deaths[5].load());
  EXPECT_EQ(CountOverlaps(sightings), 0u);
  EXPECT_EQ(shared.failed.load(), 0u);
  EXPECT_GT(ran, 0);
  EXPECT_GT(shared.refused.load(), 0u);

  // Nothing is left behind, whatever died how.
  const auto ledger =
      Ledger::OpenBelow(run_.fd(), model::HostUid(0), model::HostGid(kGroup));
  ASSERT_TRUE(ledger);
  EXPECT_TRUE(ledger->Running().value().empty());
  for (const auto& [file, locks] :
       {std::pair<std::string, sys::Range>{kFile, kAdmissionLock},
        {kPresenceFile, kAllRecordLocks}}) {
    const auto open =
        sys::Open((run_.HostDirectory() + "/" + file).c_str(), O_RDWR);
    ASSERT_TRUE(open);
    EXPECT_EQ(sys::GetLock(open->get(), sys::LockKind::kWrite, locks),
              std::nullopt)
        << file;
  }
  Request alone = RequestFor("critical", "last");
  alone.level.colocate = Colocate::kAlone;
  EXPECT_TRUE(ledger->Admit(alone));
}

// The control: half of the crowd is kept by another ledger, and so by none from
// the first half.
TEST_F(LedgerCrowd, OnTwoLedgersIsCaught) {
  const RunDirectory other;
  SetUpHost(other);
  shared_->wanted = 1000;
  Work(std::nullopt, &other);
  EXPECT_EQ(shared_->failed.load(), 0u);
  EXPECT_GT(CountOverlaps(Sightings()), 0u);
}

// The witness's own control: it sees an overlap where there is one.
TEST(ClassWitness, SeesEveryPlantedOverlap) {
  std::vector<Sighting> sightings(3);
  const auto set = [&](size_t i, int kind, uint64_t granted, uint64_t last) {
    sightings[i].kind = kind;
    sightings[i].granted_ns = granted;
    sightings[i].last_ns = last;
  };
  set(0, 0, 100, 250);
  set(1, 1, 200, 300);
  EXPECT_EQ(CountOverlaps(sightings), 1u);
  set(1, 1, 251, 300);
  EXPECT_EQ(CountOverlaps(sightings), 0u);
  set(1, 0, 200, 300);
  EXPECT_EQ(CountOverlaps(sightings), 0u);
  // Two that want to be alone.
  set(1, 4, 400, 500);
  set(2, 4, 450, 600);
  EXPECT_EQ(CountOverlaps(sightings), 1u);
  // One that was admitted and never ran is nobody's neighbour, but no other
  // may still run when it is admitted.
  set(1, 4, 240, 0);
  set(2, 2, 0, 0);
  EXPECT_EQ(CountOverlaps(sightings), 1u);
}

}  // namespace
}  // namespace ringfence::admit
