// Running workloads of an installed Ringfence as an ordinary user.
//
//   class Exit : public SandboxTest {};
//   TEST_F(Exit, IsTheWorkloads) {
//     const std::string file = Write("w", "untrusted", {"/usr/bin/false"});
//     EXPECT_EQ(Run({file}).end, End(Exited{1}));
//   }
//
// Each test has an installation and a folder of its own below the user's home.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "live/harness.h"

namespace ringfence::live {

class SandboxTest : public ::testing::Test {
 protected:
  SandboxTest();
  // Nothing of the user's is left running, and nothing in its ledger.
  ~SandboxTest() override;

  // Writes NAME.yaml, a workload; its path. `more`: further top-level lines.
  // The probe is shown to every workload at /opt/probe.
  std::string Write(const std::string& name, const std::string& level,
                    const std::vector<std::string>& command,
                    std::string_view more = "",
                    std::string_view reads = "") const;

  // `ringfence run ARGS...` to its end.
  [[nodiscard]] Outcome Run(const std::vector<std::string>& arguments,
                            const Options& options = {}) const;
  // Any other command of ringfence.
  [[nodiscard]] Outcome Ringfence(const std::vector<std::string>& arguments,
                                  const Options& options = {}) const;
  // The command line of `ringfence run ARGS...`, for Background.
  [[nodiscard]] std::vector<std::string> RunLine(
      const std::vector<std::string>& arguments) const;
  // Compiles a workload file; the bundle's path.
  [[nodiscard]] std::string Compile(const std::string& workload) const;

  // What the probe says of `operations` in a sandbox of that level, and
  // outside of any, as the same user.
  [[nodiscard]] std::map<std::string, std::string> Inside(
      const std::string& level,
      const std::vector<std::string>& operations) const;
  [[nodiscard]] std::map<std::string, std::string> Outside(
      const std::vector<std::string>& operations) const;

  const User user_ = EnsureUser(TestUserName());
  const HomeDirectory home_{user_};
  const std::string ringfence_ = home_.Install("ringfence");
  const std::string probe_ = home_.Install("probe");
};

}  // namespace ringfence::live
