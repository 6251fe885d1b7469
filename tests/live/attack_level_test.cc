// `ringfence attack`: every technique of src/attack is stopped at every level,
// and is one that gets through, or is answered differently, outside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "live/sandbox.h"

namespace ringfence::live {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

User Root() { return {.name = "root", .uid = 0, .gid = 0, .home = "/"}; }

class Attack : public SandboxTest {
 protected:
  // By name: {"through" or "stopped", the answer}.
  using Answers = std::map<std::string, std::pair<std::string, std::string>>;

  [[nodiscard]] std::string Attacker() const {
    return home_.path() + "/bin/ringfence-attacker";
  }

  // What root comes to outside, with a target of the user's.
  [[nodiscard]] Answers AsRoot() const {
    Background target(
        user_, {"/bin/sh", "-c", "sleep 60 | \"$0\" --target", Attacker()});
    EXPECT_TRUE(Eventually([&] {
      return target.out().find("handle=") != std::string::npos &&
             target.out().ends_with('\n');
    }));
    std::vector<std::string> line = {Attacker()};
    std::istringstream facts(target.out());
    for (std::string fact; std::getline(facts, fact);) line.push_back(fact);
    const Outcome outcome = RunAs(Root(), line);
    EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
    Answers answers;
    std::istringstream lines(outcome.out);
    for (std::string text; std::getline(lines, text);) {
      std::istringstream fields(text);
      std::string surface, name, result, answer;
      std::getline(fields, surface, '\t');
      std::getline(fields, name, '\t');
      std::getline(fields, result, '\t');
      std::getline(fields, answer, '\t');
      answers[name] = {result, answer};
    }
    return answers;
  }
};

class AttackLevel : public Attack,
                    public testing::WithParamInterface<const char*> {};

TEST_P(AttackLevel, StopsEveryTechnique) {
  const Outcome outcome = Ringfence({"attack", GetParam(), "--format", "json"});
  EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  const json report = json::parse(outcome.out, nullptr, false);
  ASSERT_TRUE(report.is_object()) << outcome;
  const Answers root = AsRoot();
  size_t shown = 0;
  for (const json& technique : report["techniques"]) {
    const std::string name = technique["name"];
    EXPECT_NE(technique["verdict"], "THROUGH") << technique;
    if (technique["verdict"] == "stopped") {
      ++shown;
      continue;
    }
    // What needs more rights than the user has is tried by root.
    ASSERT_TRUE(root.contains(name)) << name;
    const auto& [result, answer] = root.at(name);
    // This host has no such thing to be reached, or its kernel no such entry.
    if ((answer == "ENOENT" || answer == "SIGSEGV") &&
        technique["inside"] == answer) {
      continue;
    }
    EXPECT_TRUE(result == "through" || answer != technique["inside"])
        << name << " shows nothing: " << technique;
    ++shown;
  }
  EXPECT_GE(shown, 150u);
}

INSTANTIATE_TEST_SUITE_P(Levels, AttackLevel,
                         testing::Values("critical", "internal", "public",
                                         "untrusted"),
                         [](const testing::TestParamInfo<const char*>& level) {
                           return std::string(level.param);
                         });

TEST_F(Attack, FindsWhatAProfileLetsThrough) {
  const std::string profiles = home_.path() + "/profiles";
  fs::copy(home_.path() + "/share/ringfence/profiles", profiles,
           fs::copy_options::recursive);
  std::ifstream before(profiles + "/critical.yaml");
  std::string text;
  for (std::string line; std::getline(before, line);) {
    // The rule, and the test of the profile that would notice.
    if (line.find("personality") == std::string::npos) text += line + "\n";
  }
  std::ofstream(profiles + "/critical.yaml") << text;
  const Outcome outcome = Ringfence(
      {"attack", profiles + "/critical.yaml", "--profiles", profiles});
  EXPECT_EQ(outcome.end, End(Exited{1})) << outcome;
  EXPECT_THAT(outcome.out,
              testing::ContainsRegex("personality-32-bit +THROUGH"));
  EXPECT_THAT(outcome.out, HasSubstr("3 through"));
}

TEST_F(Attack, TriesAWorkloadInItsOwnView) {
  const std::string file =
      home_.Write("service.yaml",
                  "kind: Workload\nname: service\ntrust: public\n"
                  "command: [/usr/bin/false]\n"
                  "filesystem: {write: [{host: ./data, at: /srv/data}]}\n");
  home_.Make("data");
  const Outcome outcome = Ringfence({"attack", file});
  EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  EXPECT_THAT(outcome.out, HasSubstr(" 0 through"));
}

TEST_F(Attack, AskedWrongTriesNothing) {
  const Outcome level = Ringfence({"attack", "nosuchlevel"});
  EXPECT_EQ(level.end, End(Exited{3})) << level;
  EXPECT_THAT(level.err, HasSubstr("RF0301"));
  const Outcome none = Ringfence({"attack"});
  EXPECT_EQ(none.end, End(Exited{2})) << none;
  const Outcome root = RunAs(Root(), {ringfence_, "attack", "untrusted"});
  EXPECT_EQ(root.end, End(Exited{2})) << root;
  EXPECT_THAT(root.err, HasSubstr("root may not attack"));
  for (const Outcome* outcome : {&level, &none, &root}) {
    EXPECT_EQ(outcome->out, "");
  }
}

}  // namespace
}  // namespace ringfence::live
