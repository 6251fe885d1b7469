// A workload's output: all of it, whoever reads it, and nothing kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "live/sandbox.h"

namespace ringfence::live {
namespace {

using ::testing::StartsWith;

// A gibibyte that is not all alike.
constexpr char kPrint[] = "seq 1 200000000 | head -c 1073741824";

// Reads slowly, and says what it read.
constexpr char kSlowReader[] = R"(
import hashlib, sys, time
digest, size = hashlib.sha256(), 0
while chunk := sys.stdin.buffer.read(1 << 20):
    digest.update(chunk)
    size += len(chunk)
    time.sleep(0.002)
print(digest.hexdigest(), size)
)";

class Output : public SandboxTest {
 protected:
  std::string Shell(const std::string& script) const {
    return Write("printer", "untrusted", {"/bin/sh", "-c", script});
  }
};

TEST_F(Output, OfAGibibyteComesWholeThroughASlowPipe) {
  const std::string reader = home_.Write("reader.py", kSlowReader);
  const std::chrono::minutes limit(3);
  const Outcome outcome =
      RunAs(user_,
            {"/bin/sh", "-c",
             ringfence_ + " run " + Shell(kPrint) + " | python3 " + reader},
            {.time_limit = limit});
  EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  const Outcome control =
      RunAs(user_, {"/bin/sh", "-c", std::string(kPrint) + " | sha256sum"},
            {.time_limit = limit});
  EXPECT_EQ(outcome.out, control.out.substr(0, 64) + " 1073741824\n");
}

TEST_F(Output, OfAGibibyteComesWholeIntoAFile) {
  const std::string path = home_.path() + "/output";
  const std::chrono::minutes limit(3);
  Background run(user_,
                 {"/bin/sh", "-c",
                  "exec " + ringfence_ + " run " + Shell(kPrint) + " >" + path},
                 {.time_limit = limit});
  long peak = 0;
  while (const long now = PeakMemory(run.pid())) {
    peak = std::max(peak, now);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(run.Wait().end, End(Exited{0})) << run.err();
  EXPECT_GT(peak, 0);
  EXPECT_LT(peak, 16 * 1024) << "KiB for the supervisor";
  EXPECT_EQ(std::filesystem::file_size(path), 1073741824u);
  const std::string digest = RunAs(user_, {"/usr/bin/sha256sum", path}).out;
  const Outcome control =
      RunAs(user_, {"/bin/sh", "-c", std::string(kPrint) + " | sha256sum"},
            {.time_limit = limit});
  EXPECT_THAT(digest, StartsWith(control.out.substr(0, 64)));
}

TEST_F(Output, OfOneWhoLeavesProcessesBehindEnds) {
  const Outcome outcome =
      Run({Shell("sleep 1000 & setsid sleep 1000 & echo left; exit 5")});
  EXPECT_EQ(outcome.end, End(Exited{5})) << outcome;
  EXPECT_EQ(outcome.out, "left\n");
}

TEST_F(Output, OfOneWhoClosesEverythingEnds) {
  const Outcome outcome =
      Run({Write("closed", "untrusted",
                 {"/usr/bin/python3", "-c",
                  "import os, time; os.write(1, b'bye'); "
                  "os.closerange(0, 1024); time.sleep(0.5); os._exit(6)"})});
  EXPECT_EQ(outcome.end, End(Exited{6})) << outcome;
  EXPECT_EQ(outcome.out, "bye");
}

// A reader that goes away is the workload's SIGPIPE, as without Ringfence.
TEST_F(Output, WithoutAReaderEnds) {
  const Outcome outcome =
      RunAs(user_, {"/bin/bash", "-c",
                    ringfence_ + " run " + Shell("exec yes") +
                        " | head -n 1; echo ${PIPESTATUS[0]}"});
  EXPECT_EQ(outcome.out, "y\n141\n") << outcome;
}

}  // namespace
}  // namespace ringfence::live
