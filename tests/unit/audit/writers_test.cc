// Sixteen writers, killed at random: what was acknowledged is in the log.
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <memory>
#include <new>
#include <random>
#include <set>

#include "log_fixture.h"
#include "sys/clock.h"

namespace ringfence::audit {
namespace {

constexpr size_t kWriters = 16;
constexpr size_t kLives = 400;

// In memory that all processes share: how many events of each writer were
// acknowledged.
struct Shared {
  std::atomic<uint64_t> acknowledged[kLives];
  std::atomic<uint64_t> failed;
};

class Writers : public LogTest {
 protected:
  // One life: writes until it is killed.
  pid_t Start(size_t life) {
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    for (uint64_t n = 1;; ++n) {
      const Entry entry{Kind::kLaunch,
                        "\"life\":" + std::to_string(life) +
                            ",\"n\":" + std::to_string(n) + ",\"why\":\"" +
                            std::string(n * 37 % 6000, 'x') + "\""};
      if (AppendTo(place_, std::span(&entry, 1), 30'000)) {
        shared_->acknowledged[life] = n;
      } else {
        ++shared_->failed;
        ::_exit(1);
      }
    }
  }

  // Kills one of them and starts another, kLives times in all.
  void Run(unsigned seed) {
    std::mt19937 random(seed);
    std::vector<pid_t> running;
    for (size_t life = 0; life < kLives; ++life) {
      if (running.size() == kWriters) {
        sys::SleepMs(random() % 5);
        pid_t& victim = running[random() % kWriters];
        ::kill(victim, SIGKILL);
        ::waitpid(victim, nullptr, 0);
        victim = Start(life);
      } else {
        running.push_back(Start(life));
      }
    }
    sys::SleepMs(20);
    for (const pid_t pid : running) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
    EXPECT_EQ(shared_->failed, 0u);
  }

  void SetUp() override {
    void* const memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    shared_ = new (memory) Shared;
  }
  void TearDown() override { ::munmap(shared_, sizeof(Shared)); }

  Shared* shared_ = nullptr;
};

uint64_t NumberAfter(std::string_view json, std::string_view key) {
  const size_t at = json.find(key);
  return at == std::string_view::npos
             ? 0
             : std::stoull(std::string(json.substr(at + key.size(), 20)));
}

TEST_F(Writers, ThatAreKilledLoseNoEventThatWasAcknowledged) {
  place_.segment_bytes = 48u << 20;
  Run(20261128);
  std::map<uint64_t, std::set<uint64_t>> found;
  const Contents contents = Loaded();
  uint64_t recovered = 0;
  const Verdict verdict = Read(contents, [&](const Event& event) {
    if (event.kind == NameOf(Kind::kRecovered)) ++recovered;
    if (event.kind != NameOf(Kind::kLaunch)) return;
    const uint64_t life = NumberAfter(event.json, "\"life\":");
    const uint64_t n = NumberAfter(event.json, ",\"n\":");
    EXPECT_TRUE(found[life].insert(n).second) << "twice: " << event.json;
  });
  EXPECT_EQ(Tell(verdict), "");
  uint64_t acknowledged = 0;
  for (size_t life = 0; life < kLives; ++life) {
    const uint64_t last = shared_->acknowledged[life];
    acknowledged += last;
    for (uint64_t n = 1; n <= last; ++n) {
      ASSERT_TRUE(found[life].contains(n))
          << "event " << n << " of writer " << life << " is lost";
    }
  }
  EXPECT_GT(acknowledged, kLives);
  RecordProperty("acknowledged", std::to_string(acknowledged));
  RecordProperty("recovered", std::to_string(recovered));
}

// The same where every few events begin a new file.
TEST_F(Writers, ThatAreKilledWhileTheyRotateLeaveAChainThatHolds) {
  place_.segment_bytes = 20'000;
  Run(7);
  const Verdict verdict = Verified();
  EXPECT_EQ(Tell(verdict), "");
  uint64_t acknowledged = 0;
  for (const auto& count : shared_->acknowledged) acknowledged += count;
  EXPECT_GT(verdict.first_seq, 1u);
  EXPECT_GE(verdict.last.seq, acknowledged);
  Log("\"name\":\"after\"");
  EXPECT_EQ(Tell(Verified()), "");
}

}  // namespace
}  // namespace ringfence::audit
