#include "syntax/render.h"

#include <gtest/gtest.h>

#include "syntax/utf8.h"

namespace ringfence::syntax {
namespace {

Diagnostic UnknownKey() {
  return {Code::kUnknownKey,
          "unknown key `extend`",
          {"a.yaml", 3, 1, 6},
          "not a key of a TrustLevel",
          {},
          "did you mean `extends`?"};
}

const Sources kSources{{"a.yaml", "kind: TrustLevel\nname: a\nextend: b\n"},
                       {"b.yaml", "one\ntwo\n"}};

TEST(Render, PointsAtThePlace) {
  EXPECT_EQ(Render(UnknownKey(), kSources, Colour::kOff),
            "error[RF0203]: unknown key `extend`\n"
            " --> a.yaml:3:1\n"
            "  |\n"
            "3 | extend: b\n"
            "  | ^^^^^^ not a key of a TrustLevel\n"
            "  |\n"
            "  = help: did you mean `extends`?\n");
}

TEST(Render, ShowsNotesWithTheirOwnPlaces) {
  Diagnostic diagnostic = UnknownKey();
  diagnostic.help.clear();
  diagnostic.notes = {{"inherited from here", {"b.yaml", 2, 1, 3}},
                      {"a remark without a place", {}}};
  EXPECT_EQ(Render(diagnostic, kSources, Colour::kOff),
            "error[RF0203]: unknown key `extend`\n"
            " --> a.yaml:3:1\n"
            "  |\n"
            "3 | extend: b\n"
            "  | ^^^^^^ not a key of a TrustLevel\n"
            "note: inherited from here\n"
            " --> b.yaml:2:1\n"
            "  |\n"
            "2 | two\n"
            "  | ^^^\n"
            "  = note: a remark without a place\n");
}

TEST(Render, DoesWithoutTheSource) {
  EXPECT_EQ(Render(UnknownKey(), {}, Colour::kOff),
            "error[RF0203]: unknown key `extend`\n"
            " --> a.yaml:3:1\n"
            "  |\n"
            "  = help: did you mean `extends`?\n");
}

TEST(Render, DoesWithoutAPlace) {
  EXPECT_EQ(Render(Diagnostic{Code::kEmptyFile, "empty", {}, "", {}, ""}, {},
                   Colour::kOff),
            "error[RF0111]: empty\n");
}

TEST(Render, NamesTheCommandLineLikeAFile) {
  const Sources sources{{"<command line>", "trust: publc\n"}};
  EXPECT_EQ(Render(Diagnostic{Code::kUnknownLevel,
                              "unknown trust level `publc`",
                              {"<command line>", 1, 8, 5},
                              "",
                              {},
                              ""},
                   sources, Colour::kOff),
            "error[RF0301]: unknown trust level `publc`\n"
            " --> <command line>:1:8\n"
            "  |\n"
            "1 | trust: publc\n"
            "  |        ^^^^^\n");
}

TEST(Render, UsesColourOnlyWhenAsked) {
  EXPECT_EQ(Render(UnknownKey(), kSources, Colour::kOff).find('\x1b'),
            std::string::npos);
  EXPECT_NE(Render(UnknownKey(), kSources, Colour::kOn).find("\x1b[1;31m"),
            std::string::npos);
}

TEST(Render, CountsErrors) {
  Diagnostics diagnostics;
  EXPECT_EQ(Render(diagnostics, kSources, Colour::kOff), "");
  diagnostics.Add(UnknownKey());
  EXPECT_TRUE(
      Render(diagnostics, kSources, Colour::kOff).ends_with("1 error\n"));
  diagnostics.Add(UnknownKey());
  EXPECT_TRUE(
      Render(diagnostics, kSources, Colour::kOff).ends_with("2 errors\n"));
}

// Nothing a profile says may reach the terminal as an order.
TEST(Render, EscapesTheMessageTheLabelTheFileAndTheLine) {
  const std::string evil =
      "\x1b]0;owned\x07\r\x9b"
      "1m\xe2\x80\xae";
  const Sources sources{{"f" + evil, "key: " + evil + "\n"}};
  const std::string out =
      Render(Diagnostic{Code::kUnknownKey,
                        "m" + evil,
                        {"f" + evil, 1, 1, 3},
                        "l" + evil,
                        {{"n" + evil, {"f" + evil, 1, 6, 1}}},
                        "h" + evil},
             sources, Colour::kOff);
  for (size_t at = 0; at < out.size();) {
    const CodePoint point = CodePointAt(out, at);
    EXPECT_TRUE(point.valid);
    EXPECT_TRUE(point.value == '\n' || !Deceives(point.value)) << point.value;
    at += point.size;
  }
}

TEST(Render, CaretsStandUnderEscapedText) {
  const Sources sources{{"a", "\x01\x02 bad\n"}};
  const std::string out =
      Render(Diagnostic{Code::kUnknownKey, "m", {"a", 1, 4, 3}, "", {}, ""},
             sources, Colour::kOff);
  EXPECT_NE(out.find("1 | \\x01\\x02 bad\n  |          ^^^\n"),
            std::string::npos)
      << out;
}

TEST(Render, CountsColumnsInCodePoints) {
  const Sources sources{{"a", "\xc3\xa4\xc3\xb6: bad\n"}};
  const std::string out =
      Render(Diagnostic{Code::kUnknownKey, "m", {"a", 1, 5, 3}, "", {}, ""},
             sources, Colour::kOff);
  EXPECT_NE(out.find("  |     ^^^\n"), std::string::npos) << out;
}

TEST(Render, ShowsAWindowOfALongLine) {
  const std::string line(500'000, 'x');
  const std::string out = Render(
      Diagnostic{Code::kUnknownKey, "m", {"a", 1, 250'000, 3}, "", {}, ""},
      {{"a", line}}, Colour::kOff);
  EXPECT_LT(out.size(), 500u);
  EXPECT_NE(out.find("...xxx"), std::string::npos);
  EXPECT_NE(out.find("^^^"), std::string::npos);
}

TEST(Render, SurvivesAPlaceBehindTheText) {
  for (const uint32_t line : {2u, 3u, 4'000'000'000u}) {
    const std::string out = Render(
        Diagnostic{Code::kUnknownKey, "m", {"a", line, 7, 9}, "", {}, ""},
        {{"a", "x\n"}}, Colour::kOff);
    EXPECT_NE(out.find("error[RF0203]: m\n"), std::string::npos);
  }
}

TEST(Escape, LeavesOrdinaryTextAlone) {
  EXPECT_EQ(Escape("caf\xc3\xa9 `x` \xe2\x82\xac"),
            "caf\xc3\xa9 `x` \xe2\x82\xac");
  EXPECT_EQ(Escape("a\tb"), "a b");
}

TEST(Escape, WritesBytesThatAreNotUtf8) {
  EXPECT_EQ(Escape("\xff\xc0\x80"), "\\xff\\xc0\\x80");
  EXPECT_EQ(Escape("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(Escape("a\nb"), "a\\x0ab");
}

}  // namespace
}  // namespace ringfence::syntax
