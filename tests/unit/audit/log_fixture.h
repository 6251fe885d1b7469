// A log in a directory of its own.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "audit/log.h"
#include "audit/read.h"

namespace ringfence::audit {

class LogTest : public testing::Test {
 protected:
  LogTest() {
    // Where there is one, a tmpfs, as in a user's runtime directory.
    std::string path = std::filesystem::exists("/dev/shm")
                           ? "/dev/shm/ringfence-log-XXXXXX"
                           : testing::TempDir() + "ringfence-log-XXXXXX";
    path_ = ::mkdtemp(path.data());
    place_ = OpenCopy(path_).value();
    place_.checked = true;
    place_.owner = model::HostUid(::geteuid());
    place_.mode = 0600;
    place_.segment_bytes = 1u << 20;
  }
  ~LogTest() override { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::string PathOf(const std::string& name) const {
    return path_ + "/" + name;
  }
  [[nodiscard]] std::string Slurp(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(PathOf(name), std::ios::binary).rdbuf();
    return text.str();
  }
  void Spit(const std::string& name, const std::string& text) const {
    std::ofstream(PathOf(name), std::ios::binary | std::ios::trunc) << text;
  }

  [[nodiscard]] std::expected<void, Problem> TryLog(
      const std::string& members, Kind kind = Kind::kLaunch) const {
    const Entry entry{kind, members};
    return AppendTo(place_, std::span(&entry, 1), 1000);
  }
  void Log(const std::string& members, Kind kind = Kind::kLaunch) const {
    const auto logged = TryLog(members, kind);
    EXPECT_TRUE(logged.has_value()) << Describe(logged.error());
  }
  // Why the log takes no event; "": it does.
  [[nodiscard]] std::string WhyNot() const {
    const auto logged = TryLog("");
    return logged ? "" : Describe(logged.error());
  }

  [[nodiscard]] Contents Loaded() const { return Load(place_).value(); }
  [[nodiscard]] Verdict Verified() const { return Read(Loaded()); }

  std::string path_;
  Place place_;
};

inline std::string Tell(const Verdict& verdict) {
  std::string text;
  for (const Finding& finding : verdict.findings) {
    text += finding.file + ":" + std::to_string(finding.line) + ": " +
            finding.what + "\n";
  }
  return text;
}

}  // namespace ringfence::audit
