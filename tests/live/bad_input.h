// A workload that runs, to be spoiled, and what has to be true of a refusal.
//
//   TEST_F(BadInput, UnknownKey_IsRefused) {
//     ExpectRefused("unknown key", RunText(std::string(kGood) + "frobnicate:
//     1\n"), kInput,
//                   {"RF0203", "w.yaml:7:1"});
//   }
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "live/sandbox.h"

namespace ringfence::live {

inline constexpr int kColocation = 120;
inline constexpr int kInput = 122;
inline constexpr int kMissing = 123;

// A workload that touches the marker, in lines of its own.
inline constexpr char kGood[] =
    "kind: Workload\n"
    "name: touch\n"
    "trust: untrusted\n"
    "command: [/usr/bin/touch, /data/marker/ran]\n"
    "filesystem:\n"
    "  write: [{host: ./marker, at: /data/marker}]\n";

// kGood with `from` replaced by `to`.
inline std::string Changed(std::string from, const std::string& to,
                           std::string text = kGood) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

// What a terminal would act on. Newlines and tabs are Ringfence's own.
inline bool HasControlCharacters(const std::string& text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f;
  });
}

class BadInput : public SandboxTest {
 protected:
  void ExpectRefused(const std::string& name, const Outcome& outcome, int code,
                     const std::vector<std::string>& said) const {
    EXPECT_EQ(outcome.end, End(Exited{code})) << name << outcome;
    EXPECT_EQ(outcome.out, "") << name;
    for (const std::string& text : said) {
      EXPECT_THAT(outcome.err, ::testing::HasSubstr(text)) << name;
    }
    EXPECT_FALSE(HasControlCharacters(outcome.err)) << name << outcome;
    EXPECT_FALSE(Ran()) << name;
  }
  void ExpectRuns(const std::string& name, const Outcome& outcome) const {
    EXPECT_EQ(outcome.end, End(Exited{0})) << name << outcome;
    EXPECT_TRUE(Ran()) << name;
  }
  // Whether the marker was touched since the last time.
  bool Ran() const { return std::filesystem::remove(marker_ + "/ran"); }

  Outcome RunText(const std::string& text,
                  const std::vector<std::string>& options = {}) const {
    std::vector<std::string> arguments = options;
    arguments.push_back(home_.Write("w.yaml", text));
    return Run(arguments);
  }

  const std::string marker_ = home_.Make("marker", 0777);
};

}  // namespace ringfence::live
