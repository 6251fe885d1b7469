// Sandboxes that die in every way: a witness in shared memory must never see
// the workload of one class run after another class was admitted.
//
// Each sandbox is what the launcher makes of it, without the confinement: a
// supervisor with a claim, an init in a PID namespace of its own that holds
// the same open file description, and workload processes below it. Workers
// start them with random classes and end them by SIGTERM or by SIGKILL of the
// supervisor, of init, or of both, at random moments of a seeded sequence.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>
#include <random>
#include <span>
#include <vector>

#include "admit/ledger.h"
#include "sys/clock.h"
#include "sys/process.h"
#include "unit/admit/run_directory.h"

namespace ringfence::admit {
namespace {

using model::Colocate;

constexpr int kWorkers = 4;
constexpr int kLaunchesEach = 40;
constexpr int kWorkloads = 4;
constexpr Patience kPatient{
    .admission = 60'000, .dying = 60'000, .unexplained = 60'000};

uint64_t NowNs() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<uint64_t>(now.tv_nsec);
}

// What the witness knows of one launch. Times are CLOCK_MONOTONIC, 0: never.
struct Sighting {
  std::atomic<int> kind{-1};  // of workload, see Kinds()
  std::atomic<uint64_t> granted_ns{0};
  std::atomic<pid_t> init{0};
  std::atomic<uint64_t> last_seen_ns[kWorkloads]{};
  std::atomic<bool> failed{false};

  uint64_t LastSeen() const {
    uint64_t last = 0;
    for (const auto& seen : last_seen_ns) last = std::max(last, seen.load());
    return last;
  }
};

const std::vector<model::TrustLevel>& Kinds() {
  static const std::vector<model::TrustLevel> kinds{
      {"public", "", Colocate::kSameLevel},
      {"untrusted", "", Colocate::kSameLevel},
      {"internal", "shop", Colocate::kSameTenant},
      {"internal", "bank", Colocate::kSameTenant},
      {"critical", "", Colocate::kAlone}};
  return kinds;
}

// Pairs of which one was admitted while the other's workload still ran.
int CountOverlaps(std::span<const Sighting> sightings) {
  int overlaps = 0;
  for (const Sighting& one : sightings) {
    for (const Sighting& other : sightings) {
      if (&one == &other || one.granted_ns == 0 || other.granted_ns == 0 ||
          one.granted_ns > other.granted_ns ||
          Compatible(Kinds()[static_cast<size_t>(one.kind)],
                     Kinds()[static_cast<size_t>(other.kind)])) {
        continue;
      }
      if (one.LastSeen() > other.granted_ns) ++overlaps;
    }
  }
  return overlaps;
}

[[noreturn]] void BeWorkload(std::atomic<uint64_t>& last_seen) {
  // Memory makes the death of the namespace longer.
  static char memory[8 << 20];
  std::memset(memory, 1, sizeof memory);
  for (;;) last_seen = NowNs();
}

// As the launcher's init: when the supervisor is gone it kills everybody,
// reaps, and only then gives its own copy of the claim up.
[[noreturn]] void BeInit(int gate, int claim, Sighting& sighting) {
  char go = 0;
  if (::read(gate, &go, 1) == 1) {
    for (auto& last_seen : sighting.last_seen_ns) {
      if (::fork() != 0) continue;
      // As exec would: the claim is not the workload's to keep.
      ::close(claim);
      BeWorkload(last_seen);
    }
    // It dies slowly among its busy workloads: what lies between the closing
    // of its files and the end of its namespace takes as long as it can.
    (void)::setpriority(PRIO_PROCESS, 0, 19);
    (void)!::read(gate, &go, 1);
  }
  ::kill(-1, SIGKILL);
  while (::wait(nullptr) > 0 || errno == EINTR) {
  }
  ::_exit(0);
}

volatile sig_atomic_t g_stop = 0;
void OnTerm(int) { g_stop = 1; }

[[noreturn]] void BeSupervisor(const RunDirectory& run, int kind,
                               const std::string& name, Sighting& sighting) {
  struct sigaction action{};
  action.sa_handler = OnTerm;
  sigset_t term;
  sigset_t before;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &term, &before);
  ::sigaction(SIGTERM, &action, nullptr);

  const auto ledger = run.Open();
  if (!ledger) ::_exit(3);
  Request request = RequestFor("x", name);
  request.level = Kinds()[static_cast<size_t>(kind)];
  auto claim = ledger->Admit(request, kPatient);
  // Again and again: the moment that matters is right behind a death.
  while (!claim && std::holds_alternative<Incompatible>(claim.error())) {
    claim = ledger->Admit(request, kPatient);
  }
  if (!claim) {
    std::fprintf(stderr, "%s\n", Describe(claim.error(), request).c_str());
    ::_exit(3);
  }
  sighting.granted_ns = NowNs();

  int gate[2];
  if (::pipe2(gate, O_CLOEXEC) != 0) ::_exit(3);
  const uint64_t user = ::geteuid() == 0 ? 0 : uint64_t{CLONE_NEWUSER};
  const auto init = sys::Fork(CLONE_NEWPID | user);
  if (!init) ::_exit(3);
  if (init->pid == 0) {
    ::close(gate[1]);
    BeInit(gate[0], claim->fd(), sighting);
  }
  ::close(gate[0]);
  if (!claim->RecordInit(init->pid)) ::_exit(3);
  sighting.init = init->pid;
  if (::write(gate[1], "g", 1) != 1) ::_exit(3);

  // Until SIGTERM, or the end of init.
  for (;;) {
    if (g_stop != 0) break;
    if (::waitpid(init->pid, nullptr, WNOHANG) == init->pid) {
      ::_exit(claim->Release() ? 0 : 3);
    }
    const timespec tick{.tv_sec = 0, .tv_nsec = 500'000};
    ::ppoll(nullptr, 0, &tick, &before);
  }
  ::close(gate[1]);
  ::waitpid(init->pid, nullptr, 0);
  ::_exit(claim->Release() ? 0 : 3);
}

enum class Death {
  kTerm,
  kSupervisor,
  kInit,
  kInitThenSupervisor,
  kSupervisorThenInit
};
constexpr int kDeaths = 5;

void Kill(pid_t supervisor, pid_t init, Death death) {
  const auto kill_init = [&] {
    if (init > 0) ::kill(init, SIGKILL);
  };
  switch (death) {
    case Death::kTerm:
      ::kill(supervisor, SIGTERM);
      break;
    case Death::kSupervisor:
      ::kill(supervisor, SIGKILL);
      break;
    case Death::kInit:
      kill_init();
      ::kill(supervisor, SIGTERM);
      break;
    case Death::kInitThenSupervisor:
      kill_init();
      ::kill(supervisor, SIGKILL);
      break;
    case Death::kSupervisorThenInit:
      ::kill(supervisor, SIGKILL);
      kill_init();
      break;
  }
}

[[noreturn]] void BeWorker(const RunDirectory& run, unsigned seed,
                           std::span<Sighting> sightings) {
  // An init whose supervisor was killed becomes this process's child.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  std::mt19937 random(seed);
  const auto below = [&](int limit) {
    return static_cast<int>(random() % static_cast<unsigned>(limit));
  };
  for (size_t i = 0; i < sightings.size(); ++i) {
    Sighting& sighting = sightings[i];
    const int kind = below(static_cast<int>(Kinds().size()));
    const auto death = static_cast<Death>(below(kDeaths));
    const uint64_t life_us = static_cast<uint64_t>(below(8000));
    sighting.kind = kind;
    const pid_t supervisor = ::fork();
    if (supervisor == 0) {
      BeSupervisor(run, kind, "w" + std::to_string(seed), sighting);
    }
    int status = 0;
    bool reaped = false;
    // Some die before their workload runs, most after.
    if (below(4) != 0) {
      while (!reaped && sighting.LastSeen() == 0) {
        reaped = ::waitpid(supervisor, &status, WNOHANG) == supervisor;
        sys::SleepMs(1);
      }
    }
    const uint64_t until = NowNs() + life_us * 1000;
    while (!reaped && NowNs() < until) {
      reaped = ::waitpid(supervisor, &status, WNOHANG) == supervisor;
    }
    if (!reaped) {
      Kill(supervisor, sighting.init, death);
      ::waitpid(supervisor, &status, 0);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 3) sighting.failed = true;
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
  }
  while (::wait(nullptr) > 0) {
  }
  ::_exit(0);
}

std::span<Sighting> Share(size_t count) {
  void* memory =
      ::mmap(nullptr, count * sizeof(Sighting), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  EXPECT_NE(memory, MAP_FAILED);
  auto* first = static_cast<Sighting*>(memory);
  for (size_t i = 0; i < count; ++i) new (first + i) Sighting;
  return {first, count};
}

TEST(LedgerStress, NoWorkloadRunsAfterAnotherClassWasAdmitted) {
  for (const unsigned seed : {1u, 2u}) {
    const RunDirectory run;
    const auto sightings = Share(size_t{kWorkers} * kLaunchesEach);
    std::vector<pid_t> workers;
    for (unsigned w = 0; w < kWorkers; ++w) {
      workers.push_back(::fork());
      if (workers.back() == 0) {
        BeWorker(run, seed * 1000 + w,
                 sightings.subspan(size_t{w} * kLaunchesEach, kLaunchesEach));
      }
    }
    for (const pid_t worker : workers) {
      EXPECT_EQ(::waitpid(worker, nullptr, 0), worker);
    }
    EXPECT_EQ(CountOverlaps(sightings), 0) << "seed " << seed;
    const auto granted = std::ranges::count_if(
        sightings,
        [](const Sighting& sighting) { return sighting.granted_ns != 0; });
    const auto ran = std::ranges::count_if(
        sightings,
        [](const Sighting& sighting) { return sighting.LastSeen() != 0; });
    const auto failed = std::ranges::count_if(
        sightings,
        [](const Sighting& sighting) { return sighting.failed.load(); });
    std::printf("seed %u: %zu launches, %td admitted, %td ran\n", seed,
                sightings.size(), granted, ran);
    EXPECT_EQ(failed, 0);
    EXPECT_GT(ran, 0);

    // Nothing is left behind, whatever died how.
    const auto ledger = run.Open();
    ASSERT_TRUE(ledger);
    EXPECT_TRUE(ledger->Running().value().empty());
    Request alone = RequestFor("critical", "last");
    alone.level.colocate = Colocate::kAlone;
    EXPECT_TRUE(ledger->Admit(alone));
    ::munmap(sightings.data(), sightings.size_bytes());
  }
}

// The witness's own control: it sees an overlap where there is one.
TEST(LedgerStress, TheWitnessSeesAnOverlap) {
  std::vector<Sighting> sightings(2);
  sightings[0].kind = 0;
  sightings[0].granted_ns = 100;
  sightings[0].last_seen_ns[1] = 250;
  sightings[1].kind = 1;
  sightings[1].granted_ns = 200;
  EXPECT_EQ(CountOverlaps(sightings), 1);
  sightings[0].last_seen_ns[1] = 199;
  EXPECT_EQ(CountOverlaps(sightings), 0);
  sightings[0].last_seen_ns[1] = 250;
  sightings[1].kind = 0;
  EXPECT_EQ(CountOverlaps(sightings), 0);
}

}  // namespace
}  // namespace ringfence::admit
