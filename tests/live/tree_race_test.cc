// A good directory and a hostile one change places all the time while
// workloads are launched: what is seen inside is always the good one's.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "live/sandbox.h"

namespace ringfence::live {
namespace {

namespace fs = std::filesystem;

// $RINGFENCE_RACE_SECONDS for all the races together, or 10.
std::chrono::milliseconds TimeFor(size_t races) {
  const char* const text = std::getenv("RINGFENCE_RACE_SECONDS");
  const long seconds = text == nullptr ? 10 : std::strtol(text, nullptr, 10);
  return std::chrono::milliseconds(seconds * 1000 / static_cast<long>(races));
}

// Exchanges two names until it goes.
class Racer {
 public:
  Racer(std::string one, std::string other)
      : one_(std::move(one)), other_(std::move(other)), thread_([this] {
          while (!stop_) {
            if (::renameat2(AT_FDCWD, one_.c_str(), AT_FDCWD, other_.c_str(),
                            RENAME_EXCHANGE) == 0) {
              ++exchanges_;
            }
            // Not faster than a launch can look twice, and never in step.
            std::this_thread::sleep_for(
                std::chrono::microseconds(20 + exchanges_ % 180));
          }
        }) {}
  Racer(const Racer&) = delete;
  Racer& operator=(const Racer&) = delete;
  ~Racer() {
    stop_ = true;
    thread_.join();
  }
  [[nodiscard]] long exchanges() const { return exchanges_; }

 private:
  const std::string one_;
  const std::string other_;
  std::atomic<bool> stop_ = false;
  std::atomic<long> exchanges_ = 0;
  std::thread thread_;
};

class TreeRace : public SandboxTest {
 protected:
  void SetUp() override {
    home_.Make("work", 0777);
    home_.Write("work/tree/mark", "good");
    home_.Write("work/up/tree/mark", "good");
    home_.Write("secret/mark", "secret");
    home_.Write("secret/tree/mark", "secret");
    fs::create_directories(outside_ + "/tree");
    for (const char* name : {"/mark", "/tree/mark"}) {
      home_.Write("text", "secret");
      fs::copy_file(home_.path() + "/text", outside_ + name);
    }
  }
  ~TreeRace() override { fs::remove_all(outside_); }

  struct Race {
    const char* name;
    std::string entries;  // of the workload, and /data/x/mark is read
    std::string good;     // its place, from work
    std::string hostile;  // a link to this
  };

  // Below the host's /tmp, which nobody is shown.
  const std::string outside_ =
      "/tmp/ringfence-race-" + std::to_string(::getpid());
};

TEST_F(TreeRace, ShowsNothingButTheGoodTree) {
  const std::string work = home_.path() + "/work";
  const std::string write = "  write:\n    - {host: ./work, at: /data/w}\n";
  const Race races[] = {
      {"read: the tree and a link to /tmp",
       "    - {host: ./work/tree, at: /data/x}\n", "tree", outside_},
      {"read: a parent and a link to /tmp",
       "    - {host: ./work/up/tree, at: /data/x}\n", "up", outside_},
      {"write: the tree and a link to /tmp",
       "  write:\n    - {host: ./work/tree, at: /data/x}\n", "tree", outside_},
      {"read: the tree and a magic link",
       "    - {host: ./work/tree, at: /data/x}\n", "tree",
       "/proc/self/root" + home_.path() + "/secret"},
      {"read below what is written, and a link to the user's own",
       "    - {host: ./work/tree, at: /data/x}\n" + write, "tree", "../secret"},
      {"the same of a parent",
       "    - {host: ./work/up/tree, at: /data/x}\n" + write, "up",
       "../secret"},
  };
  std::vector<std::string> lines;
  for (const Race& race : races) {
    SCOPED_TRACE(race.name);
    const std::string bundle = [&] {
      // Reads on, also while it is exchanged.
      return Compile(Write("raced", "untrusted",
                           {"/bin/cat", "/data/x/mark", "/data/x/mark"}, "",
                           race.entries));
    }();
    // Beside the workload file, where its relative paths start.
    fs::rename(bundle, home_.path() + "/raced.rfb");
    const std::string good = work + "/" + race.good;
    const std::string hostile = home_.path() + "/hostile";
    fs::remove_all(hostile);
    fs::create_symlink(race.hostile, hostile);
    const auto run = [&] { return Run({home_.path() + "/raced.rfb"}); };
    // The controls: one is shown, and the other leads to the secret outside.
    const Outcome first = run();
    ASSERT_EQ(first.out, "goodgood") << first;
    fs::rename(good, home_.path() + "/aside");
    fs::create_symlink(race.hostile, good);
    const std::string seen =
        race.good == "up" ? good + "/tree/mark" : good + "/mark";
    EXPECT_EQ(RunAs(user_, {"/bin/cat", seen}).out, "secret") << seen;
    const Outcome other = run();
    EXPECT_EQ(other.out, "") << other;
    EXPECT_NE(other.end, End(Exited{0}));
    fs::remove(good);
    fs::rename(home_.path() + "/aside", good);

    long launches = 0, shown = 0, refused = 0;
    long exchanges = 0;
    {
      const Racer racer(good, hostile);
      const auto end =
          std::chrono::steady_clock::now() + TimeFor(std::size(races));
      while (std::chrono::steady_clock::now() < end) {
        const Outcome outcome = run();
        ++launches;
        if (outcome.end == End(Exited{0})) {
          EXPECT_EQ(outcome.out, "goodgood") << outcome;
          ++shown;
        } else {
          EXPECT_EQ(outcome.out, "") << outcome;
          const auto* exited = std::get_if<Exited>(&outcome.end);
          EXPECT_TRUE(exited != nullptr &&
                      (exited->code == 121 || exited->code == 122 ||
                       exited->code == 123))
              << outcome;
          ++refused;
        }
        ASSERT_EQ(outcome.out.find("secret"), std::string::npos);
      }
      exchanges = racer.exchanges();
    }
    if (fs::is_symlink(good)) {
      fs::rename(good, home_.path() + "/aside");
      fs::rename(hostile, good);
    }
    EXPECT_GT(shown, 0);
    EXPECT_GT(refused, 0);
    EXPECT_GT(exchanges, 100);
    std::printf(
        "  %s: %ld launches, %ld saw the good tree, %ld refused, "
        "%ld exchanges\n",
        race.name, launches, shown, refused, exchanges);
    fs::remove(home_.path() + "/raced.rfb");
    fs::remove_all(home_.path() + "/aside");
  }
}

}  // namespace
}  // namespace ringfence::live
