// Every diagnostic id is shown by a golden test, or by one of the texts below
// that no golden file can hold.
#include <gtest/gtest.h>

#include <set>

#include "golden/golden.h"
#include "resolve/level.h"
#include "sample.h"
#include "syntax/codes.h"

namespace ringfence::resolve {
namespace {

using syntax::Code;

std::set<Code> OfText(const std::string& text) {
  syntax::Diagnostics diagnostics;
  EXPECT_FALSE(syntax::Parse(text, "t.yaml", diagnostics));
  std::set<Code> codes;
  for (const auto& diagnostic : diagnostics.all()) {
    codes.insert(diagnostic.code);
  }
  return codes;
}

TEST(Diagnostics, AreAllProducedBySomeBadInput) {
  std::set<Code> seen;
  for (const std::string folder :
       {"parse", "resolve", "deployment", "oci", "check"}) {
    for (const std::string& name : golden::CasesIn(folder)) {
      const std::string expected = golden::LoadCase(folder, name).expected;
      for (const auto& entry : syntax::AllCodes()) {
        if (expected.find("[" + Id(entry.code) + "]: ") != std::string::npos) {
          seen.insert(entry.code);
        }
      }
    }
  }
  // No file makes the solver give up: Judge.SaysWhatNobodyKnows.
  seen.insert(Code::kNotDecided);
  // Nor do files alone say what a host cannot enforce:
  // HostFacts.WithoutAProtectionRefuseWhatNeedsIt.
  seen.insert(Code::kHostCannotEnforce);
  // HostFacts.WithALowerLimitSayWhatTheWorkloadGetsLess.
  seen.insert(Code::kHostCutsLimit);
  const std::string deep = std::string(100, '[') + std::string(100, ']');
  std::string many = "a: [";
  for (size_t i = 0; i <= syntax::kMaxNodes; ++i) many += "x,";
  for (const std::string& text :
       {std::string(syntax::kMaxFileBytes + 1, ' '), std::string("\xff"),
        std::string("a: \0", 4), std::string("a: \x1b"), "a: " + deep,
        many + "]", std::string("# nothing")}) {
    seen.merge(OfText(text));
  }
  for (const auto& entry : syntax::AllCodes()) {
    EXPECT_TRUE(seen.contains(entry.code))
        << Id(entry.code) << " " << entry.title;
  }
}

}  // namespace
}  // namespace ringfence::resolve
