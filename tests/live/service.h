// The programs of examples/, run as a user would run them.
//
//   const std::string folder = Example("redis", "internal");
//   Service redis(*this, folder + "/redis.yaml");
//   ASSERT_TRUE(redis.WaitForLine("Ready to accept"));
//   ...
//   ExpectQuiet(redis.Stop("redis"));
//
// The examples are used as they are, but for the level and the host's ports.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "live/sandbox.h"

namespace ringfence::live {

class ServiceTest : public SandboxTest {
 protected:
  // A copy of examples/NAME whose workloads run at `level`; its folder.
  [[nodiscard]] std::string Example(const std::string& name,
                                    const std::string& level) const;
  // In a file of the copy. `from` has to be there.
  static void Replace(const std::string& file, std::string_view from,
                      std::string_view to);
  // Has the workload reached at a free port of the host instead of `port`,
  // which stays the service's own; that port.
  static uint16_t MovePort(const std::string& file, uint16_t port);

  // `ringfence run FILE` beside the test, with a status in `status()`.
  [[nodiscard]] std::vector<std::string> Line(const std::string& file) const;
  [[nodiscard]] std::string status() const { return home_.path() + "/status"; }
  [[nodiscard]] std::string ReadStatus() const;
  // The same to its end.
  [[nodiscard]] Outcome RunExample(const std::string& file) const;

  // Ringfence had nothing to say, and no call was denied with a message.
  void ExpectQuiet(const Outcome& outcome) const;
  // The program that the test needs is not installed.
  static bool Lacks(const std::string& program);
};

// The level that suits a program, and a stricter one.
struct Levels : public ServiceTest,
                public ::testing::WithParamInterface<const char*> {};

inline std::string LevelName(const ::testing::TestParamInfo<const char*>& of) {
  return of.param;
}

}  // namespace ringfence::live
