#include "syntax/codes.h"

#include <gtest/gtest.h>

#include <set>

namespace ringfence::syntax {
namespace {

TEST(Codes, AreInOrderAndEachOnce) {
  std::set<Code> seen;
  Code last{};
  for (const CodeEntry& entry : AllCodes()) {
    EXPECT_LT(last, entry.code) << Id(entry.code);
    EXPECT_TRUE(seen.insert(entry.code).second);
    last = entry.code;
  }
}

TEST(Codes, AreAllExplained) {
  for (const CodeEntry& entry : AllCodes()) {
    EXPECT_GT(entry.title.size(), 3u) << Id(entry.code);
    EXPECT_FALSE(entry.title.ends_with('.')) << Id(entry.code);
    EXPECT_GT(entry.explanation.size(), 60u) << Id(entry.code);
    EXPECT_TRUE(entry.explanation.ends_with('.')) << Id(entry.code);
    EXPECT_EQ(entry.explanation.find("  "), std::string_view::npos);
  }
}

TEST(Codes, AreFoundByTheirId) {
  for (const CodeEntry& entry : AllCodes()) {
    const auto found = FindCode(Id(entry.code));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->code, entry.code);
  }
  EXPECT_EQ(FindCode("rf0203")->code, Code::kUnknownKey);
  EXPECT_FALSE(FindCode("RF9999"));
  EXPECT_FALSE(FindCode(""));
  EXPECT_FALSE(FindCode("RF02033"));
  EXPECT_EQ(Id(Code::kFileTooLarge), "RF0101");
}

}  // namespace
}  // namespace ringfence::syntax
