// action.yml, ci/gitlab.yml and .pre-commit-hooks.yaml, as far as they can be
// tried without the services that read them: their files are read by a YAML
// library, and what they run is run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

// A file of the source tree, by a reader that is not ours.
json ReadYaml(const std::string& name) {
  const auto done =
      RunChild({"python3", "-B", "-c",
                "import json, sys, yaml; "
                "print(json.dumps(yaml.safe_load(open(sys.argv[1]))))",
                SourceDirectory() + "/" + name},
               "");
  EXPECT_TRUE(done && done->exit_code == 0) << (done ? done->errors : "");
  return done ? json::parse(done->output) : json();
}

class CheckCi : public testing::Test {
 protected:
  CheckCi() {
    std::string name = (fs::temp_directory_path() / "ci-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    fs::copy(SourceDirectory() + "/profiles", folder_ / "profiles",
             fs::copy_options::recursive);
    fs::copy(SourceDirectory() + "/policies", folder_ / "policies");
  }
  ~CheckCi() override { fs::remove_all(folder_); }

  // With `ringfence` in the PATH, as on a runner.
  [[nodiscard]] ChildResult Shell(const std::string& command) const {
    const auto done =
        RunChild({"/bin/bash", "-e", "-c",
                  "cd " + folder_.string() + "; PATH=" + BinaryDirectory() +
                      "/bin:$PATH; " + command},
                 "");
    EXPECT_TRUE(done.has_value());
    return done.value_or(ChildResult{});
  }
  // Other file types are refused here by the shipped gates.
  void Break() const {
    std::string text = ReadText(folder_ / "profiles/critical.yaml");
    text.replace(text.find("AF_INET6]"), 9, "AF_INET6, AF_ALG]");
    std::ofstream(folder_ / "profiles/critical.yaml", std::ios::trunc) << text;
  }

  fs::path folder_;
};

TEST_F(CheckCi, TheActionAnnotatesAndLeavesSarif) {
  const json action = ReadYaml("action.yml");
  EXPECT_EQ(action["runs"]["using"], "composite");
  const json step = action["runs"]["steps"][0];
  // Inputs reach the script as variables, never as text of the script.
  EXPECT_THAT(step["run"].get<std::string>(), testing::Not(HasSubstr("${{")));
  std::string environment = "export GITHUB_ACTION_PATH=" + SourceDirectory() +
                            " GITHUB_OUTPUT=output "
                            "GITHUB_STEP_SUMMARY=summary.md RUNNER_TEMP=. ";
  for (const auto& [name, value] : step["env"].items()) {
    const std::string input = value;
    const size_t at = input.find("inputs.") + 7;
    const json by =
        action["inputs"][input.substr(at, input.find(' ', at) - at)];
    environment += name + "='" + by["default"].get<std::string>() + "' ";
  }
  const std::string run = environment + "; " + step["run"].get<std::string>();
  const auto good = Shell(run);
  EXPECT_EQ(good.exit_code, 0) << good.output << good.errors;
  EXPECT_EQ(ReadText(folder_ / "output"), "sarif=./ringfence.sarif\n");
  EXPECT_THAT(ReadText(folder_ / "summary.md"), HasSubstr("passed"));
  Break();
  const auto bad = Shell(run);
  EXPECT_EQ(bad.exit_code, 1) << bad.errors;
  EXPECT_THAT(bad.output, HasSubstr("::error file=profiles/critical.yaml,"));
  EXPECT_THAT(ReadText(folder_ / "ringfence.sarif"),
              HasSubstr("baseline/known-sockets"));
  const auto wrong = Shell(environment + "RINGFENCE_POLICY='no such'; " +
                           step["run"].get<std::string>());
  EXPECT_EQ(wrong.exit_code, 2) << wrong.output;
}

TEST_F(CheckCi, TheGitlabJobFailsAndLeavesItsReports) {
  const json job = ReadYaml("ci/gitlab.yml")["ringfence-check"];
  std::string script;
  for (const auto& [name, value] : job["variables"].items()) {
    script += name + "='" + value.get<std::string>() + "'; ";
  }
  for (const auto& line : job["script"]) {
    script += line.get<std::string>() + "\n";
  }
  EXPECT_EQ(Shell(script).exit_code, 0);
  Break();
  EXPECT_EQ(Shell(script).exit_code, 1);
  const json reports = job["artifacts"]["reports"];
  EXPECT_EQ(job["artifacts"]["when"], "always");
  EXPECT_THAT(ReadText(folder_ / reports["codequality"].get<std::string>()),
              HasSubstr("baseline/known-sockets"));
  EXPECT_THAT(ReadText(folder_ / reports["junit"].get<std::string>()),
              HasSubstr("<failure "));
}

TEST_F(CheckCi, TheHookChecksTheWhole) {
  const json hook = ReadYaml(".pre-commit-hooks.yaml")[0];
  EXPECT_EQ(hook["language"], "system");
  EXPECT_EQ(hook["pass_filenames"], false);
  std::string command = hook["entry"];
  for (const auto& argument : hook["args"]) {
    command += " " + argument.get<std::string>();
  }
  EXPECT_EQ(Shell(command).exit_code, 0);
  Break();
  EXPECT_EQ(Shell(command).exit_code, 1);
}

}  // namespace
}  // namespace ringfence::cli
