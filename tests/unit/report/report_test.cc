#include "report/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "paths/paths.h"

namespace ringfence::report {
namespace {

using testing::HasSubstr;
using testing::Not;

// In HTML, in Markdown and for the eye.
constexpr char kHostile[] =
    "<script>alert(1)</script>\"'&\n| [x](javascript:1) \u202e\x1b[31m`";

constexpr char kCatalogue[] = R"({"version": 1, "standards": [
  {"name": "S", "edition": "1", "controls": [
    {"id": "S-1", "title": "filters", "evidence": [{"kind": "filters"}]},
    {"id": "S-2", "title": "gates", "evidence": [{"kind": "gates"}]},
    {"id": "S-3", "title": "document",
     "evidence": [{"kind": "document", "file": "f", "says": "s"}]},
    {"id": "S-4", "title": "log", "evidence": [{"kind": "log"}]},
    {"id": "S-5", "title": "none", "evidence": [], "not_covered": "w"}]}]})";

Json Catalogue() { return *ParseCatalogue(kCatalogue); }

Facts Good() {
  Facts facts{.version = "1", .today = "2026-11-28", .scope = "these files"};
  facts.levels.push_back(
      {.name = "public",
       .file = "public.yaml",
       .chain = {"public", "internal"},
       .sources = {{"public.yaml", "ab"}},
       .bounds = {{"May read", "/usr"}},
       .allowed = {{"@file-io", {"public.yaml", 3}, {"read", "write"}}},
       .conditional =
           {{"socket", {"family is AF_INET"}, {"public.yaml", 4}, "EPERM"}},
       .denied = {{"EPERM", {"mount"}}},
       .dangerous = {{"ptrace", "2026-12-01", false}},
       .filters = {{"x86_64", 9, Verdict::kHolds, "", "01", "02"}},
       .tests = {2, {}}});
  facts.order.push_back({"public", "internal", true, Verdict::kHolds, ""});
  facts.rules.push_back({"g/r", "g.yaml:3", true, "why", {"S-2"}});
  facts.tried.push_back({"g/r", "public.yaml"});
  facts.logs.push_back({.path = "/log", .events = 3, .last_digest = "00"});
  return facts;
}

std::string StateOf(const Json& report, const std::string& control) {
  for (const Json& one : report["controls"][0]["controls"]) {
    if (one["id"] == control) return one["state"];
  }
  return "";
}

TEST(Report, WhatHoldsIsSaid) {
  const Json report = MakeReport(Good(), Catalogue());
  EXPECT_EQ(report["summary"]["verdict"], "holds") << report.dump(2);
  EXPECT_EQ(StateOf(report, "S-1"), "holds");
  EXPECT_EQ(StateOf(report, "S-2"), "holds");
  EXPECT_EQ(StateOf(report, "S-3"), "documented");
  EXPECT_EQ(StateOf(report, "S-4"), "holds");
  EXPECT_EQ(StateOf(report, "S-5"), "not covered");
}

struct Spoiled {
  const char* what;
  void (*spoil)(Facts& facts);
  const char* verdict;
  const char* control;
  const char* state;
};

class OneFault : public testing::TestWithParam<Spoiled> {};

TEST_P(OneFault, IsTheVerdictOfAll) {
  Facts facts = Good();
  GetParam().spoil(facts);
  const Json report = MakeReport(facts, Catalogue());
  EXPECT_EQ(report["summary"]["verdict"], GetParam().verdict);
  if (*GetParam().control != '\0') {
    EXPECT_EQ(StateOf(report, GetParam().control), GetParam().state);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Faults, OneFault,
    testing::Values(
        Spoiled{
            "a filter",
            [](Facts& f) { f.levels[0].filters[0].verdict = Verdict::kFails; },
            "fails", "S-1", "fails"},
        Spoiled{"an open proof",
                [](Facts& f) {
                  f.levels[0].filters[0].verdict = Verdict::kUndecided;
                },
                "undecided", "S-1", "undecided"},
        Spoiled{"the order",
                [](Facts& f) { f.order[0].verdict = Verdict::kFails; }, "fails",
                "", ""},
        Spoiled{"an order nobody claims",
                [](Facts& f) {
                  f.order.push_back(
                      {"internal", "public", false, Verdict::kFails, "w"});
                },
                "holds", "", ""},
        Spoiled{"a test", [](Facts& f) { f.levels[0].tests.failed = {"t"}; },
                "fails", "", ""},
        Spoiled{"a gate",
                [](Facts& f) {
                  f.findings.push_back({.id = "RF0601", .rule = "g/r"});
                },
                "fails", "S-2", "fails"},
        Spoiled{"a waived gate",
                [](Facts& f) {
                  f.findings.push_back(
                      {.id = "RF0601", .rule = "g/r", .waived = "w"});
                },
                "holds", "S-2", "waived"},
        Spoiled{"a gate nobody tried", [](Facts& f) { f.tried.clear(); },
                "holds", "S-2", "not shown"},
        Spoiled{"an escape",
                [](Facts& f) {
                  f.escapes.push_back(
                      {"f", "public", {{"s", "n", "THROUGH", "", "", ""}}});
                },
                "fails", "", ""},
        Spoiled{"the log", [](Facts& f) { f.logs[0].broken = {"line 3"}; },
                "fails", "S-4", "fails"},
        Spoiled{"no log", [](Facts& f) { f.logs.clear(); }, "holds", "S-4",
                "not shown"}));

TEST(Report, TextsOfStrangersAreHarmlessInEveryForm) {
  Facts facts = Good();
  facts.workloads.push_back({kHostile, kHostile, kHostile});
  facts.levels[0].name = kHostile;
  facts.levels[0].bounds.push_back({kHostile, kHostile});
  facts.levels[0].tests.failed = {kHostile};
  facts.findings.push_back({.id = "RF0601",
                            .rule = kHostile,
                            .file = kHostile,
                            .message = kHostile,
                            .at = {kHostile, 1},
                            .waived = kHostile});
  facts.waivers.push_back(
      {kHostile, kHostile, kHostile, kHostile, kHostile, kHostile, kHostile});
  facts.escapes.push_back(
      {kHostile,
       kHostile,
       {{kHostile, kHostile, "stopped", kHostile, kHostile, kHostile}}});
  facts.logs[0].shown.push_back(
      {1, kHostile, 0, kHostile, kHostile, kHostile, kHostile});
  facts.notes = {kHostile};
  const Json report = MakeReport(facts, Catalogue());
  const std::string html = Html(report);
  const std::string markdown = Markdown(report);
  for (const std::string& text : {html, markdown, report.dump()}) {
    EXPECT_THAT(text, Not(HasSubstr("\u202e")));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    EXPECT_THAT(text, HasSubstr("alert"));
  }
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(html, HasSubstr("\\u202e"));
  EXPECT_THAT(markdown, Not(HasSubstr("<script")));
  EXPECT_THAT(markdown, Not(HasSubstr("[x](")));
  // A row stays a row.
  EXPECT_THAT(markdown, Not(HasSubstr("&\n")));
}

TEST(Report, IsTheSameForTheSameFacts) {
  EXPECT_EQ(Html(MakeReport(Good(), Catalogue())),
            Html(MakeReport(Good(), Catalogue())));
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(ShippedCatalogue, IsOneAndItsDocumentsExist) {
  const auto catalogue =
      ParseCatalogue(ReadAll(SourceDirectory() + "/audit/controls.json"));
  ASSERT_TRUE(catalogue) << catalogue.error();
  std::string ids;
  for (const Json& standard : (*catalogue)["standards"]) {
    for (const Json& control : standard["controls"]) {
      ids += control["id"].get<std::string>() + "\n";
      for (const Json& one : control.value("evidence", Json::array())) {
        if (one["kind"] != "document") continue;
        EXPECT_TRUE(std::filesystem::exists(SourceDirectory() + "/" +
                                            one["file"].get<std::string>()))
            << one;
      }
    }
  }
  // Every control that a shipped gate names is in it.
  for (const char* gate : {"baseline", "restricted"}) {
    std::ifstream file(SourceDirectory() + "/policies/" + gate + ".yaml");
    size_t named = 0;
    for (std::string line; std::getline(file, line);) {
      constexpr std::string_view kKey = "    controls: [";
      if (!line.starts_with(kKey)) continue;
      std::string id;
      for (const char c : line.substr(kKey.size())) {
        if (c == ' ') continue;
        if (c != ',' && c != ']') {
          id += c;
          continue;
        }
        ++named;
        EXPECT_THAT(ids, HasSubstr(id + "\n")) << gate;
        id.clear();
      }
    }
    EXPECT_GT(named, 5u);
  }
}

TEST(BadCatalogue, IsRefused) {
  for (const char* text :
       {"", "[]", "{}", R"({"version": 2, "standards": []})",
        R"({"version": 1, "standards": []})",
        R"({"version": 1, "standards": [{"name": "S", "controls": [
            {"id": "S-1", "title": "t", "evidence": []}]}]})",
        R"({"version": 1, "standards": [{"name": "S", "controls": [
            {"id": "S-1", "title": "t", "evidence": [{"kind": "hope"}]}]}]})",
        R"({"version": 1, "standards": [{"name": "S", "controls": [
            {"id": "S-1", "title": "t", "evidence": [], "not_covered": "w"},
            {"id": "S-1", "title": "t", "evidence": [], "not_covered": "w"}]}]})"}) {
    EXPECT_FALSE(ParseCatalogue(text)) << text;
  }
}

constexpr char kAttack[] =
    R"({"subject": "public", "stopped": 1, "through": 0, "not_shown": 0,
        "techniques": [{"surface": "s", "name": "n", "verdict": "stopped",
                        "inside": "EPERM", "outside": "got", "layer": "l"}]})";

TEST(EscapeResults, AreTakenAsTheyWerePrinted) {
  const auto escape = ParseEscape(kAttack, "f.json");
  ASSERT_TRUE(escape) << escape.error();
  EXPECT_EQ(escape->subject, "public");
  EXPECT_EQ(escape->techniques.size(), 1u);
}

TEST(EscapeResults, OfAnotherVersionOrCut_AreRefused) {
  for (const auto& [was, is] :
       {std::pair("\"stopped\": 1", "\"stopped\": 2"),
        std::pair("\"verdict\": \"stopped\"", "\"verdict\": \"fine\""),
        std::pair("\"layer\": \"l\"", "\"layers\": [\"l\"]"),
        std::pair("\"techniques\"", "\"attempts\""),
        std::pair("{\"subject\"", "[\"subject\"")}) {
    std::string text = kAttack;
    text.replace(text.find(was), std::string_view(was).size(), is);
    EXPECT_FALSE(ParseEscape(text, "f.json")) << is;
  }
}

}  // namespace
}  // namespace ringfence::report
