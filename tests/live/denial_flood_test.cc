// Denied calls made in the ways that are hardest on a supervisor: nothing
// hangs, none is lost, and nothing gets into terminal or log.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>
#include <vector>

#include "live/sandbox.h"
#include "paths/paths.h"

namespace ringfence::live {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class DenialFlood : public SandboxTest {
 protected:
  // A workload that runs denier.
  std::string Denier(const std::vector<std::string>& arguments,
                     const std::string& more = "") const {
    std::vector<std::string> command = {"/opt/denier"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return Write(
        "denier", "public", command, more,
        "    - {host: " + denier_ + ", at: /opt/denier, execute: true}\n");
  }

  [[nodiscard]] Outcome RunDenier(
      const std::vector<std::string>& arguments) const {
    return Run({"--status-file", status_, Denier(arguments)});
  }

  // The last line of the status file.
  [[nodiscard]] json Ended() const {
    std::ifstream file(status_);
    std::string last;
    for (std::string line; std::getline(file, line);) last = line;
    const json ended = json::parse(last, nullptr, false);
    EXPECT_TRUE(ended.is_object() && ended.value("event", "") == "ended")
        << last;
    return ended.is_object() ? ended : json::object();
  }

  // Every call that the workload says it made was counted.
  void ExpectCounted(const Outcome& outcome) const {
    EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
    const int64_t made = std::atoll(outcome.out.c_str());
    EXPECT_GT(made, 0) << outcome;
    const json ended = Ended();
    EXPECT_EQ(ended.value("denied_calls", int64_t{-1}), made);
    EXPECT_EQ(ended["denied"].value("unshare", int64_t{-1}), made);
  }

  // User and system time so far; the supervisor is what `run` was.
  static double ProcessorSeconds(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string stat;
    std::getline(file, stat);
    // After the name, which may have anything in it: fields 3, 4, ...
    std::istringstream fields(stat.substr(stat.rfind(')') + 2));
    std::vector<std::string> values{std::istream_iterator<std::string>(fields),
                                    {}};
    EXPECT_GT(values.size(), 12u) << stat;
    if (values.size() <= 12) return 0;
    return (std::stod(values[11]) + std::stod(values[12])) /
           static_cast<double>(::sysconf(_SC_CLK_TCK));
  }

  static size_t Lines(const std::string& text) {
    return static_cast<size_t>(std::ranges::count(text, '\n'));
  }

  const std::string denier_ = home_.Install("denier");
  const std::string status_ = home_.path() + "/status.json";
};

// The control of all others: outside of a sandbox the call is not denied.
TEST_F(DenialFlood, OutsideTheCallIsNotDenied) {
  EXPECT_EQ(RunAs(user_, {denier_, "vary", "1"}).end, End(Exited{1}));
}

TEST_F(DenialFlood, AFloodIsCountedToTheLastCall) {
  Background running(
      user_, RunLine({"--status-file", status_, Denier({"flood", "3"})}));
  ASSERT_TRUE(running.WaitForLine("denied: "));
  // The supervisor has an ear for others meanwhile, and inspect the numbers.
  const auto asked = std::chrono::steady_clock::now();
  int64_t seen = 0;
  EXPECT_TRUE(Eventually([&] {
    const Outcome inspected =
        Ringfence({"inspect", "denier", "--format", "json"});
    const json all = json::parse(inspected.out, nullptr, false);
    if (!all.is_array() || all.empty() || !all[0].contains("denied")) {
      return false;
    }
    seen = all[0]["denied"].value("total", int64_t{0});
    return seen > 1000;
  })) << seen;
  EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(15));
  const Outcome outcome = running.Wait();
  ExpectCounted(outcome);
  EXPECT_LE(Lines(outcome.err), 10u) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("more times: denier: unshare(flags=0)"));
}

// What is asked for is 5 % of a processor; without the limit it is 50 %.
TEST_F(DenialFlood, AFloodCostsTheSupervisorLittle) {
  Background running(
      user_, RunLine({"--status-file", status_, Denier({"flood", "10"})}));
  ASSERT_TRUE(running.WaitForLine("denied: "));
  const double used = ProcessorSeconds(running.pid());
  const auto from = std::chrono::steady_clock::now();
  EXPECT_TRUE(running.WaitForLine("waits for its answer"));
  std::this_thread::sleep_for(std::chrono::seconds(6));
  const double spent = ProcessorSeconds(running.pid()) - used;
  const std::chrono::duration<double> passed =
      std::chrono::steady_clock::now() - from;
  EXPECT_GT(spent, 0.0);
  EXPECT_LT(spent, 0.05 * passed.count());
  ExpectCounted(running.Wait());
}

TEST_F(DenialFlood, AFloodCanBeStopped) {
  Background running(
      user_, RunLine({"--status-file", status_,
                      Denier({"flood", "600"}, "stop: {grace: 1s}\n")}));
  ASSERT_TRUE(running.WaitForLine("denied: "));
  const auto asked = std::chrono::steady_clock::now();
  EXPECT_EQ(Ringfence({"stop", "denier"}).end, End(Exited{0}));
  EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(20));
  EXPECT_EQ(running.Wait().end, End(Exited{128 + SIGTERM}));
  EXPECT_EQ(Ended().value("cause", ""), "stopped");
}

TEST_F(DenialFlood, DifferentDenialsAreToldAtABoundedRate) {
  const Outcome outcome = RunDenier({"vary", "5000"});
  ExpectCounted(outcome);
  EXPECT_LE(Lines(outcome.err), 60u);
  EXPECT_THAT(outcome.err, HasSubstr("further denied calls"));
}

TEST_F(DenialFlood, ProcessesMayDieInTheMiddle) {
  const Outcome outcome = RunDenier({"die", "100"});
  EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  EXPECT_GE(Ended().value("denied_calls", 0), 1);
}

TEST_F(DenialFlood, ProcessesMayForkInBetween) {
  ExpectCounted(RunDenier({"fork", "200"}));
}

TEST_F(DenialFlood, AProgramMayExecuteItselfAThousandTimes) {
  const Outcome outcome = RunDenier({"exec", "1000"});
  ExpectCounted(outcome);
  EXPECT_LE(Lines(outcome.err), 10u) << outcome;
}

TEST_F(DenialFlood, AProgramMayHaveNoDescriptors) {
  const Outcome outcome = RunDenier({"close", "1000"});
  EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  EXPECT_EQ(Ended().value("denied_calls", 0), 1000);
}

TEST_F(DenialFlood, NamesCannotReachTheTerminal) {
  for (const char* name : {"\x1b[2J\x1b]0;owned\x07",
                           "x]: ok\r\ndenied: ", "a\"b\\c", "\xff\xfe"}) {
    std::ostringstream hex;
    for (const char c : std::string_view(name)) {
      hex << std::hex << std::setw(2) << std::setfill('0')
          << static_cast<int>(static_cast<unsigned char>(c));
    }
    const Outcome outcome = RunDenier({"name", hex.str()});
    EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
    // One line of ours about one denial, however many the name pretends.
    size_t denials = 0;
    std::istringstream lines(outcome.err);
    for (std::string line; std::getline(lines, line);) {
      denials += line.starts_with("ringfence: denied: ") ? 1u : 0u;
      EXPECT_TRUE(line.starts_with("ringfence: ")) << outcome;
      EXPECT_TRUE(std::ranges::all_of(line, [](char c) {
        return c >= 0x20 && c < 0x7F;
      })) << outcome;
    }
    EXPECT_EQ(denials, 1u) << outcome;
    EXPECT_THAT(outcome.err, HasSubstr("setns(fd=3<\"/tmp/")) << outcome;
    const Outcome inspected = Ringfence({"inspect", "denier"});
    EXPECT_TRUE(std::ranges::all_of(inspected.out, [](char c) {
      return c == '\n' || (c >= 0x20 && c < 0x7F);
    })) << inspected;
    EXPECT_FALSE(
        json::parse(Ringfence({"inspect", "denier", "--format", "json"}).out,
                    nullptr, false)
            .is_discarded());
  }
}

// A reader of standard error that does not read holds nobody up.
TEST_F(DenialFlood, ADeafReaderIsNotWaitedFor) {
  const std::string fifo = home_.path() + "/deaf";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0666), 0);
  ASSERT_EQ(::chmod(fifo.c_str(), 0666), 0);
  const UniqueFd deaf(::open(fifo.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
  ASSERT_TRUE(deaf);
  const std::string filling(4096, 'x');
  while (::write(deaf.get(), filling.data(), filling.size()) > 0) {
  }
  const std::string file = Denier({"vary", "100"});
  const Outcome outcome =
      RunAs(user_, {"/bin/sh", "-c",
                    ringfence_ + " run --status-file " + status_ + " " + file +
                        " 2>" + fifo});
  ExpectCounted(outcome);
  EXPECT_GT(Ended().value("denials_unheard", 0), 0);
}

}  // namespace
}  // namespace ringfence::live
