// What `ringfence check` prints for machines, against the schemas of
// tests/schemas and docs/schemas, in a repository with a good and a bad change.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

#include "cli/child.h"
#include "paths/paths.h"
#include "prove/shipped.h"

namespace ringfence::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

constexpr char kGate[] = R"yaml(kind: Gate
name: shop
applies_to: {levels: [critical]}
rules:
  - id: no-vsock
    severity: error
    reason: "<the> hypervisor's & \"ours\"; 100% no: never, ever"
    controls: [NIST-800-190-4.4.2]
    never_allows: {syscall: socket, when: {family: AF_VSOCK}}
  - {id: reads, severity: error, reason: "all read", must_allow: "read()"}
  - id: few
    severity: warning
    reason: "few"
    requires: {limits: {processes: {at_most: 1}}}
)yaml";

constexpr char kWaiver[] = R"(kind: Waiver
rule: shop/no-vsock
subject: profiles/critical.yaml
reason: "the agent"
owner: team-x
ticket: SEC-1
expires: 2026-12-31
)";

class CheckFormats : public testing::Test {
 protected:
  CheckFormats() {
    std::string name = (fs::temp_directory_path() / "formats-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    fs::copy(SourceDirectory() + "/profiles", folder_ / "profiles",
             fs::copy_options::recursive);
    Write("policies/shop.yaml", kGate);
    Shell(
        "git init -q && git add . && git -c user.name=t -c user.email=t@t "
        "commit -q -m first");
  }
  ~CheckFormats() override { fs::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary | std::ios::trunc) << text;
  }
  ChildResult Shell(const std::string& command,
                    const std::string& input = "") const {
    const auto done = RunChild(
        {"/bin/sh", "-c", "cd " + folder_.string() + " && " + command}, input);
    EXPECT_TRUE(done.has_value());
    return done.value_or(ChildResult{});
  }
  [[nodiscard]] ChildResult Check(const std::string& arguments) const {
    return Shell("NO_COLOR=1 " + BinaryDirectory() +
                 "/bin/ringfence check --policy policies --now 2026-11-25 " +
                 arguments);
  }
  // The bad change: critical may open AF_VSOCK.
  void Widen() const {
    std::string text = ReadText(folder_ / "profiles/critical.yaml");
    const size_t at = text.find("AF_INET6]");
    ASSERT_NE(at, std::string::npos);
    text.replace(at, 9, "AF_INET6, AF_VSOCK]");
    // Its own tests say that it may not.
    for (const char* family : {"AF_VSOCK", "0x100000028"}) {
      const std::string test = std::string("  - {call: \"socket(") + family +
                               ", SOCK_STREAM, 0)\", expect: EPERM}\n";
      const size_t own = text.find(test);
      ASSERT_NE(own, std::string::npos);
      text.erase(own, test.size());
    }
    Write("profiles/critical.yaml", text);
  }
  // Findings, one of them waived, of a level and of what inherits from it.
  [[nodiscard]] std::string Everything(const std::string& format) const {
    Widen();
    Write("policies/waivers/a.yaml", kWaiver);
    Write("deploy/a b.yaml",
          "kind: Workload\nname: a\ntrust: critical\ncommand: "
          "[/usr/bin/true]\n");
    const auto done = Check(
        "profiles/critical.yaml deploy --against HEAD --format " + format);
    EXPECT_EQ(done.exit_code, 1) << done.errors;
    return done.output;
  }
  // Empty: `text` is what the schema says; else what is wrong with it.
  [[nodiscard]] static std::string Wrong(const std::string& schema,
                                         const std::string& text) {
    const auto done = RunChild(
        {"python3", "-B", SourceDirectory() + "/tests/schemas/validate.py",
         SourceDirectory() + "/" + schema},
        text);
    EXPECT_TRUE(done && (done->exit_code == 0) == done->output.empty())
        << (done ? done->errors : "");
    return done ? done->output : "";
  }
  static void Validate(const std::string& schema, const std::string& text) {
    EXPECT_EQ(Wrong(schema, text), "") << schema;
  }
  // The same for XML.
  [[nodiscard]] std::string WrongXml(const std::string& schema,
                                     const std::string& text) const {
    Write("report.xml", text);
    const auto done = Shell("xmllint --noout --schema " + SourceDirectory() +
                            "/" + schema + " report.xml");
    return done.exit_code == 0 ? "" : done.errors;
  }

  fs::path folder_;
};

constexpr char kSarif[] = "tests/schemas/sarif-2.1.0.schema.json";
constexpr char kPublishedSarif[] =
    "tests/schemas/published/sarif-2.1.0-rtm.5.json";
constexpr char kJunit[] = "tests/schemas/junit.xsd";
constexpr char kPublishedJunit[] =
    "tests/schemas/published/jenkins-junit-4.xsd";
constexpr char kGitlab[] = "tests/schemas/gitlab-code-quality.schema.json";
const char* const kChanged = "profiles/critical.yaml --against HEAD";

TEST_F(CheckFormats, AGoodChangePassesAndABadOneFailsUntilItIsWaived) {
  // Tightened and reordered: no finding but the warning that was there.
  std::string good = ReadText(folder_ / "profiles/critical.yaml");
  good.replace(good.find("processes: 16384"), 16, "processes: 16000");
  Write("profiles/critical.yaml", good);
  EXPECT_EQ(Check(kChanged).exit_code, 0) << Check(kChanged).output;

  Widen();
  const auto bad = Check(kChanged);
  EXPECT_EQ(bad.exit_code, 1) << bad.errors;
  EXPECT_THAT(bad.output, HasSubstr("error[RF1202]: `socket` is allowed"));
  EXPECT_THAT(bad.output, HasSubstr("socket(AF_VSOCK"));
  EXPECT_THAT(bad.output, HasSubstr("error[RF1207]"));
  EXPECT_THAT(
      bad.output,
      ContainsRegex("socket\\(AF_VSOCK, SOCK_STREAM, 0\\) on x86_64 was "
                    "EPERM, and is allowed"));

  Write("policies/waivers/a.yaml", kWaiver);
  std::string loosening = kWaiver;
  loosening.replace(loosening.find("shop/no-vsock"), 13, "ringfence/loosening");
  Write("policies/waivers/b.yaml", loosening);
  const auto waived = Check(kChanged);
  EXPECT_EQ(waived.exit_code, 0) << waived.output << waived.errors;
  EXPECT_THAT(waived.output, HasSubstr("waived until 2026-12-31 by team-x"));
  EXPECT_EQ(Check(std::string(kChanged) + " --no-waivers").exit_code, 1);
  const auto expired = Check(std::string(kChanged) + " --now 2027-01-01");
  EXPECT_EQ(expired.exit_code, 2) << "an option given twice";
  const auto later = Shell("NO_COLOR=1 " + BinaryDirectory() +
                           "/bin/ringfence check --policy policies --now "
                           "2027-01-01 " +
                           kChanged);
  EXPECT_EQ(later.exit_code, 1) << later.errors;
  EXPECT_THAT(later.output, HasSubstr("error[RF1208]"));
}

TEST_F(CheckFormats, JsonIsWhatItsSchemaSays) {
  Widen();
  Write("policies/waivers/a.yaml", kWaiver);
  const auto done = Check(std::string(kChanged) + " --format json");
  EXPECT_EQ(done.exit_code, 1) << done.errors;
  Validate("docs/schemas/check.schema.json", done.output);
  const json report = json::parse(done.output);
  EXPECT_EQ(report["summary"]["waived"], 1);
  // With files that are wrong, too.
  Write("profiles/bad.yaml", "kind: TrustLevel\nname: [a\n");
  const auto bad = Check("profiles --format json");
  EXPECT_EQ(bad.exit_code, 3);
  Validate("docs/schemas/check.schema.json", bad.output);
  EXPECT_THAT(bad.output, HasSubstr("\"rule\": \"RF0105\""));
}

TEST_F(CheckFormats, SarifIsWhatTheStandardSays) {
  const std::string output = Everything("sarif");
  Validate(kSarif, output);
  Validate(kPublishedSarif, output);
  const json run = json::parse(output)["runs"][0];
  size_t suppressed = 0;
  size_t flows = 0;
  for (const json& result : run["results"]) {
    const std::string rule =
        run["tool"]["driver"]["rules"][result["ruleIndex"].get<size_t>()]["id"];
    EXPECT_EQ(result["ruleId"], rule);
    if (result.contains("suppressions")) ++suppressed;
    if (result.contains("codeFlows")) ++flows;
  }
  EXPECT_EQ(suppressed, 1u);
  EXPECT_GE(flows, 1u) << "the workload inherits from its level";
  EXPECT_THAT(output, HasSubstr("deploy/a%20b.yaml"));
  // The fingerprint stays while lines move.
  const auto prints = [](const std::string& text) {
    std::set<std::string> out;
    for (const json& result : json::parse(text)["runs"][0]["results"]) {
      out.insert(result["partialFingerprints"]["ringfence/v1"]);
    }
    return out;
  };
  Write("profiles/critical.yaml",
        "# a\n# b\n" + ReadText(folder_ / "profiles/critical.yaml"));
  EXPECT_EQ(prints(Check("profiles/critical.yaml deploy --against HEAD "
                         "--format sarif")
                       .output),
            prints(output));
  // Files that are wrong are results as well.
  Write("profiles/bad.yaml", "kind: TrustLevel\nname: [a\n");
  const auto bad = Check("profiles --format sarif");
  EXPECT_EQ(bad.exit_code, 3);
  Validate(kSarif, bad.output);
  Validate(kPublishedSarif, bad.output);
}

TEST_F(CheckFormats, ADamagedSarifLogIsRefusedByThePublishedSchema) {
  const json whole = json::parse(Everything("sarif"));
  const json::json_pointer results("/runs/0/results");
  size_t waived = 0;
  size_t inherited = 0;
  for (size_t i = 0; i < whole[results].size(); ++i) {
    if (whole[results][i].contains("suppressions")) waived = i;
    if (whole[results][i].contains("codeFlows")) inherited = i;
  }
  const std::string of_waived = "/runs/0/results/" + std::to_string(waived);
  const std::string of_inherited =
      "/runs/0/results/" + std::to_string(inherited);
  const std::vector<std::pair<std::string, json>> damages = {
      {"/version", "2.0.0"},
      {"/runs/0/tool/driver/name", nullptr},
      {"/runs/0/columnKind", "bytes"},
      {"/runs/0/results/0/message", json::object()},
      {"/runs/0/results/0/level", "fatal"},
      {"/runs/0/results/0/ruleIndex", -2},
      {"/runs/0/results/0/rule_id", "no such property"},
      {"/runs/0/results/0/partialFingerprints/ringfence~1v1", 7},
      {"/runs/0/results/0/locations/0/physicalLocation/region/startLine", 0},
      {of_waived + "/suppressions/0/kind", "waived"},
      {of_waived + "/suppressions/0/status", "granted"},
      {of_inherited + "/codeFlows/0/threadFlows", json::array()},
      {of_inherited + "/codeFlows/0/threadFlows/0/locations/0/location", "a"},
  };
  for (const auto& [where, value] : damages) {
    json damaged = whole;
    damaged[json::json_pointer(where)] = value;
    EXPECT_NE(Wrong(kPublishedSarif, damaged.dump()), "") << where;
  }
}

TEST_F(CheckFormats, JunitIsWhatItsSchemaSays) {
  const std::string output = Everything("junit");
  EXPECT_EQ(WrongXml(kJunit, output), "") << output;
  EXPECT_EQ(WrongXml(kPublishedJunit, output), "") << output;
  EXPECT_THAT(output, HasSubstr("classname=\"profiles/critical.yaml\" "
                                "name=\"shop/no-vsock\""));
  EXPECT_THAT(output, HasSubstr("name=\"shop/reads\""));
  EXPECT_THAT(output, HasSubstr("<skipped>waived until 2026-12-31 by team-x"));
  EXPECT_THAT(output, HasSubstr("<failure message="));
}

TEST_F(CheckFormats, ADamagedJunitReportIsRefusedByThePublishedSchema) {
  const std::string whole = Everything("junit");
  const std::vector<std::pair<std::string, std::string>> damages = {
      {"<testcase ", "<testcase file=\"a\" line=\"1\" "},
      {"<testsuite name=", "<testsuite title="},
      {"<skipped>", "<skipped message=\"a\">"},
      {"<failure message=", "<failure reason="},
      {"  </testsuite>\n", "  <failure/></testsuite>\n"},
      {"</testsuites>", ""},
  };
  for (const auto& [from, to] : damages) {
    std::string damaged = whole;
    const size_t at = damaged.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    damaged.replace(at, from.size(), to);
    EXPECT_NE(WrongXml(kPublishedJunit, damaged), "") << to;
  }
}

TEST_F(CheckFormats, GithubGetsCommandsAndASummary) {
  Widen();
  const auto done =
      Shell("GITHUB_STEP_SUMMARY=summary.md " + BinaryDirectory() +
            "/bin/ringfence check --policy policies --now "
            "2026-11-25 --format github " +
            kChanged);
  EXPECT_EQ(done.exit_code, 1) << done.errors;
  // Every line is one command, with properties that nothing ends early.
  std::istringstream lines(done.output);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_THAT(line,
                testing::MatchesRegex("::(error|warning|notice) "
                                      "file=[^,:]+,line=[0-9]+(,endLine=[0-9]+,"
                                      "col=[0-9]+,endColumn=[0-9]+)?,title=[^,:"
                                      "]+::RF[0-9]{4}: [^\r]*"));
  }
  EXPECT_TRUE(done.output.starts_with("::error ")) << "the worst comes first";
  const std::string summary = ReadText(folder_ / "summary.md");
  EXPECT_THAT(summary, HasSubstr("### ringfence check: failed"));
  EXPECT_THAT(summary, HasSubstr("| error | shop/no-vsock | "));
}

TEST_F(CheckFormats, GitlabGetsACodeQualityReport) {
  const std::string output = Everything("gitlab");
  Validate(kGitlab, output);
  std::set<std::string> prints;
  for (const json& issue : json::parse(output)) {
    EXPECT_TRUE(prints.insert(issue["fingerprint"]).second);
  }
  EXPECT_GE(prints.size(), 2u);
  const json whole = json::parse(output);
  const std::vector<std::pair<std::string, json>> damages = {
      {"/0/severity", "error"},
      {"/0/fingerprint", ""},
      {"/0/location/path", "/etc/a"},
      {"/0/location/lines/begin", 0},
      {"/0/location/lines", json::object()}};
  for (const auto& [where, value] : damages) {
    json damaged = whole;
    damaged[json::json_pointer(where)] = value;
    EXPECT_NE(Wrong(kGitlab, damaged.dump()), "") << where;
  }
}

TEST_F(CheckFormats, ThePlantedErrorsOfAReportAreFound) {
  // The schemas are no rubber stamps.
  EXPECT_NE(Wrong("docs/schemas/check.schema.json", "{}"), "");
  for (const char* schema : {kSarif, kPublishedSarif}) {
    EXPECT_NE(Wrong(schema, R"({"version": "2.0.0", "runs": []})"), "");
    EXPECT_NE(
        Wrong(schema, R"({"version": "2.1.0", "runs": [{"results": []}]})"),
        "");
  }
}

TEST_F(CheckFormats, WhatCannotBeCheckedIsSaid) {
  const auto said = [&](const std::string& arguments, int exit_code,
                        const std::string& what) {
    const auto done = Check(arguments);
    EXPECT_EQ(done.exit_code, exit_code) << arguments << done.output;
    EXPECT_THAT(done.errors + done.output, HasSubstr(what)) << arguments;
  };
  said("nowhere", 2, "there is no file `nowhere`");
  said("profiles/groups", 2, "no trust level and no workload to check");
  said("profiles --against no-such-revision", 2, "no-such-revision");
  fs::create_symlink("loop.yaml", folder_ / "loop.yaml");
  said("loop.yaml", 2, "loop.yaml");
  fs::create_directories(folder_ / "links");
  fs::create_symlink("loop.yaml", folder_ / "links/loop.yaml");
  said("links", 2, "loop.yaml");
  fs::remove(folder_ / "links/loop.yaml");
  fs::create_symlink(folder_ / "links", folder_ / "links/again");
  said("links profiles/critical.yaml", 0, "is a link to a folder");
  Write("deploy/compose.yaml", "services: {}\n");
  said("deploy profiles/critical.yaml", 0, "is of no kind of Ringfence");
  fs::remove_all(folder_ / "policies");
  said("profiles", 2, "there is no folder `policies`");
  fs::create_directories(folder_ / "policies");
  said("profiles", 2, "there is no gate below policies");
}

TEST_F(CheckFormats, AFolderThatCannotBeReadIsSaid) {
  if (::geteuid() != 0) {
    fs::create_directories(folder_ / "closed");
    fs::permissions(folder_ / "closed", fs::perms::none);
    EXPECT_EQ(Check("closed").exit_code, 2);
    fs::permissions(folder_ / "closed", fs::perms::owner_all);
    return;
  }
  // root reads everything: an ordinary user does not.
  Write("deploy/a.yaml",
        "kind: Workload\nname: a\ntrust: critical\ncommand: "
        "[/usr/bin/true]\n");
  fs::permissions(folder_, fs::perms::all);
  fs::create_directories(folder_ / "closed");
  fs::permissions(folder_ / "closed", fs::perms::owner_all);
  const auto done = Shell(
      "setpriv --reuid=65534 --regid=65534 "
      "--clear-groups " +
      BinaryDirectory() + "/bin/ringfence check --policy policies closed");
  EXPECT_EQ(done.exit_code, 2) << done.output;
  EXPECT_THAT(done.errors, HasSubstr("cannot read closed"));
  // Nor is the next place looked in where one cannot be: another level, or
  // another policy, would count.
  fs::create_directories(folder_ / "closed/profiles");
  const auto elsewhere = Shell(
      "setpriv --reuid=65534 --regid=65534 --clear-groups env "
      "RINGFENCE_PROFILES=closed/profiles " +
      BinaryDirectory() + "/bin/ringfence check --policy policies deploy");
  EXPECT_EQ(elsewhere.exit_code, 3) << elsewhere.output;
  EXPECT_THAT(elsewhere.errors, HasSubstr("cannot look for critical in"));
  const auto policy =
      Shell("setpriv --reuid=65534 --regid=65534 --clear-groups " +
            BinaryDirectory() +
            "/bin/ringfence check --policy closed/policies profiles");
  EXPECT_EQ(policy.exit_code, 2) << policy.output;
  EXPECT_THAT(policy.errors, HasSubstr("cannot read closed/policies"));
}

TEST(ShippedPolicies, AreKeptByTheShippedProfilesAndTheExamples) {
  const auto done = RunChild(
      {BinaryDirectory() + "/bin/ringfence", "check",
       SourceDirectory() + "/profiles", SourceDirectory() + "/examples",
       "--policy", SourceDirectory() + "/policies"},
      "");
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(done->exit_code, 0) << done->output << done->errors;
}

TEST(ShippedPolicies, EveryRuleNamesItsControls) {
  const auto done =
      RunChild({BinaryDirectory() + "/bin/ringfence", "check",
                SourceDirectory() + "/profiles", "--format", "sarif"},
               "");
  ASSERT_TRUE(done && done->exit_code == 0) << done->errors;
  for (const json& rule :
       json::parse(done->output)["runs"][0]["tool"]["driver"]["rules"]) {
    const std::string id = rule["id"];
    // What breaks services is no control.
    if (id.find("/can-") != std::string::npos) continue;
    EXPECT_GE(rule["properties"]["tags"].size(), 2u) << id;
  }
}

}  // namespace
}  // namespace ringfence::cli
