#include "syntax/codes.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "paths/paths.h"

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

// docs/diagnostics.md is made from the table: RINGFENCE_REBASE=1 writes it.
TEST(Codes, HaveTheirPage) {
  std::string page =
      "# Diagnostics\n\n"
      "What `ringfence explain ID` prints, made from the table that the "
      "program\nhas. RF10xx are warnings; RF12xx are the findings of "
      "`ringfence check`.\n";
  for (const CodeEntry& entry : AllCodes()) {
    page +=
        "\n## " + Id(entry.code) + "\n\n**" + std::string(entry.title) + ".** ";
    // A < would begin a tag in Markdown.
    for (const char c : entry.explanation) {
      page += c == '<' ? "\\<" : std::string(1, c);
    }
    page += "\n";
  }
  const std::string path = SourceDirectory() + "/docs/diagnostics.md";
  if (std::getenv("RINGFENCE_REBASE") != nullptr) {
    std::ofstream(path, std::ios::binary) << page;
  }
  std::ifstream stream(path, std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(stream), {}), page);
}

}  // namespace
}  // namespace ringfence::syntax
