// `ringfence report` from its command line to what a browser makes of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/child.h"
#include "paths/paths.h"
#include "prove/shipped.h"

namespace ringfence::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class ReportCommand : public testing::Test {
 protected:
  ReportCommand() {
    std::string name = (fs::temp_directory_path() / "report-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    fs::copy(SourceDirectory() + "/profiles", folder_ / "profiles",
             fs::copy_options::recursive);
    fs::copy(SourceDirectory() + "/policies", folder_ / "policies",
             fs::copy_options::recursive);
  }
  ~ReportCommand() override {
    fs::permissions(folder_, fs::perms::owner_all);
    fs::remove_all(folder_);
  }

  void Write(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary | std::ios::trunc) << text;
  }
  ChildResult Report(const std::string& arguments) const {
    const auto done = RunChild(
        {"/bin/sh", "-c",
         "cd " + folder_.string() + " && " + BinaryDirectory() +
             "/bin/ringfence report --policy policies --now 2026-11-28 " +
             arguments},
        "");
    EXPECT_TRUE(done.has_value());
    return done.value_or(ChildResult{});
  }
  void Validate(const std::string& text) const {
    const auto done = RunChild(
        {"python3", "-B", SourceDirectory() + "/tests/schemas/validate.py",
         SourceDirectory() + "/docs/schemas/report.schema.json"},
        text);
    ASSERT_TRUE(done.has_value());
    EXPECT_EQ(done->exit_code, 0) << done->output << done->errors;
  }

  fs::path folder_;
};

constexpr char kAttack[] =
    R"({"subject": "public", "stopped": 1, "through": 1, "not_shown": 0,
        "techniques": [{"surface": "s", "name": "n", "verdict": "stopped",
                        "inside": "EPERM", "outside": "got", "layer": "l"},
                       {"surface": "s", "name": "m", "verdict": "THROUGH",
                        "inside": "got", "outside": "got", "layer": ""}]})";

TEST_F(ReportCommand, OfTheShippedProfilesSaysThatEverythingHolds) {
  const auto done = Report("--json profiles");
  ASSERT_EQ(done.exit_code, 0) << done.errors << done.output;
  Validate(done.output);
  const json report = json::parse(done.output);
  EXPECT_EQ(report["levels"].size(), 4u);
  EXPECT_EQ(report["proofs"].size(), 8u);
  EXPECT_EQ(report["order"].size(), 12u);
  size_t claimed = 0;
  for (const json& one : report["order"]) {
    if (one["claimed"] == true) ++claimed;
    // The other way round every level is looser, and a call or bound says so.
    EXPECT_EQ(one["state"], one["claimed"] == true ? "holds" : "fails") << one;
    EXPECT_EQ(one["detail"] == "", one["claimed"] == true) << one;
  }
  EXPECT_EQ(claimed, 6u);
  EXPECT_EQ(Report("--json profiles").output, done.output);
}

TEST_F(ReportCommand, WhatIsLooserOrGotThroughFailsIt) {
  Write("attack.json", kAttack);
  auto done = Report("--json --escapes attack.json profiles");
  EXPECT_EQ(done.exit_code, 1) << done.errors;
  Validate(done.output);

  std::string text = ReadText(folder_ / "profiles/critical.yaml");
  const size_t at = text.find("AF_INET6]");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, 9, "AF_INET6, AF_VSOCK]");
  Write("profiles/critical.yaml", text);
  done = Report("--json profiles");
  EXPECT_EQ(done.exit_code, 1) << done.errors;
  Validate(done.output);
  const json report = json::parse(done.output);
  EXPECT_EQ(report["summary"]["verdict"], "fails");
  EXPECT_THAT(done.output, HasSubstr("baseline/known-sockets"));
}

TEST_F(ReportCommand, BadInputIsSaidAndThereIsNoReport) {
  Write("other.json", R"({"version": 9, "attempts": []})");
  Write("controls.json", R"({"version": 2})");
  Write("broken/public.yaml", "kind: TrustLevel\nname: public\nnonsense: 1\n");
  Write("empty/notes.txt", "");
  fs::create_directory(folder_ / "log");
  struct Case {
    const char* arguments;
    int exit_code;
    const char* says;
  };
  for (const Case& one :
       {Case{"profiles", 2, "--html, --md or --json"},
        Case{"--html --md profiles", 2, "excludes"},
        Case{"--html nowhere", 2, "there is no file"},
        Case{"--html empty", 2, "no trust level"},
        Case{"--html broken", 3, "nonsense"},
        Case{"--html --escapes other.json profiles", 2, "attack --format json"},
        Case{"--html --escapes none.json profiles", 2, "none.json"},
        Case{"--html --controls controls.json profiles", 2, "version 1"},
        Case{"--html --log log profiles", 2, "no event log"}}) {
    const auto done = Report(one.arguments);
    EXPECT_EQ(done.exit_code, one.exit_code) << one.arguments << done.errors;
    EXPECT_THAT(done.errors, HasSubstr(one.says)) << one.arguments;
    EXPECT_EQ(done.output, "") << one.arguments;
  }
}

TEST_F(ReportCommand, AFolderThatLinksToItselfAndAGateOfNothingAreNamed) {
  fs::create_directory_symlink(folder_ / "profiles",
                               folder_ / "profiles/again");
  Write("policies/idle.yaml",
        "kind: Gate\nname: idle\napplies_to: {levels: [public]}\nrules:\n"
        "  - {id: r, severity: error, reason: r, must_allow: \"read()\"}\n");
  const auto done =
      Report("--json profiles/critical.yaml profiles/internal.yaml");
  Validate(done.output);
  EXPECT_THAT(done.output, HasSubstr("RF"));
  EXPECT_THAT(done.output, HasSubstr("`idle` is about none of the files"));
  EXPECT_THAT(Report("--json profiles").output,
              HasSubstr("link to a folder and was not followed"));
}

TEST_F(ReportCommand, ABrowserShowsItWellOnAPhoneAndOnADesk) {
  Write("attack.json", kAttack);
  Write("deploy/evil.yaml",
        "kind: Workload\nname: evil\ntrust: public\n"
        "command: [\"/usr/bin/<script>alert(1)</script>\"]\n");
  Write(
      "policies/waiver.yaml",
      "kind: Waiver\nrule: restricted/bounded\nsubject: profiles/public.yaml\n"
      "reason: \"<script>alert(1)</script> & so on\"\nowner: team-x\n"
      "ticket: SEC-12\nexpires: 2027-01-31\n");
  const auto done =
      Report("--html --escapes attack.json profiles > report.html");
  EXPECT_EQ(done.exit_code, 1) << done.errors;
  const std::string page = ReadText(folder_ / "report.html");
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;"));
  const auto seen =
      RunChild({"python3", "-B", SourceDirectory() + "/tests/report/look.py",
                (folder_ / "report.html").string()},
               "");
  ASSERT_TRUE(seen.has_value());
  EXPECT_EQ(seen->exit_code, 0) << seen->output << seen->errors;

  // The same look sees what is wrong with a page.
  std::string spoiled = page;
  spoiled.replace(spoiled.find("--quiet: #535c68"), 16, "--quiet: #c0c0c0");
  spoiled.replace(spoiled.find("<caption>"), 9,
                  "<caption hidden></caption><caption hidden>");
  spoiled.replace(spoiled.find("<main>"), 6,
                  "<main><div style=\"width:3000px\">wide</div><div "
                  "class=\"scroll\"><p style=\"width:5000px\">far</p></div>");
  Write("report.html", spoiled);
  const auto bad =
      RunChild({"python3", "-B", SourceDirectory() + "/tests/report/look.py",
                (folder_ / "report.html").string()},
               "");
  ASSERT_TRUE(bad.has_value());
  EXPECT_EQ(bad->exit_code, 1);
  for (const char* fault :
       {"contrast", "no caption", "the page is", "cut off"}) {
    EXPECT_THAT(bad->output, HasSubstr(fault)) << bad->errors;
  }
}

}  // namespace
}  // namespace ringfence::cli
