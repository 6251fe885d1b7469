#include "live/sandbox.h"

#include <filesystem>

#include "paths/paths.h"

namespace ringfence::live {
namespace {

namespace fs = std::filesystem;

// Besides `ringfence` and the probe.
constexpr const char* kPrograms[] = {"ringfence-attacker", "ringfence-cli",
                                     "ringfence-policy",   "ringfence-prove",
                                     "ringfence-launch",   "ringfence-relay"};

}  // namespace

SandboxTest::SandboxTest() {
  for (const char* program : kPrograms) home_.Install(program);
  const fs::path share = fs::path(home_.path()) / "share/ringfence";
  fs::create_directories(share);
  fs::copy(SourceDirectory() + "/profiles", share / "profiles",
           fs::copy_options::recursive);
}

SandboxTest::~SandboxTest() {
  EXPECT_TRUE(Eventually([&] { return ProcessesOf(user_.uid).empty(); }))
      << "processes of the test's user are left";
}

std::string SandboxTest::Write(const std::string& name,
                               const std::string& level,
                               const std::vector<std::string>& command,
                               std::string_view more,
                               std::string_view reads) const {
  std::string text =
      "kind: Workload\nname: " + name + "\ntrust: " + level + "\ncommand:\n";
  for (const std::string& word : command) {
    std::string quoted;
    for (const char c : word) quoted += c == '\'' ? "''" : std::string(1, c);
    text += "  - '" + quoted + "'\n";
  }
  text += "filesystem:\n  read:\n    - {host: " + probe_ +
          ", at: /opt/probe, execute: true}\n" + std::string(reads) +
          std::string(more);
  return home_.Write(name + ".yaml", text);
}

std::vector<std::string> SandboxTest::RunLine(
    const std::vector<std::string>& arguments) const {
  std::vector<std::string> line = {ringfence_, "run"};
  line.insert(line.end(), arguments.begin(), arguments.end());
  return line;
}

Outcome SandboxTest::Run(const std::vector<std::string>& arguments,
                         const Options& options) const {
  return RunAs(user_, RunLine(arguments), options);
}

Outcome SandboxTest::Ringfence(const std::vector<std::string>& arguments,
                               const Options& options) const {
  std::vector<std::string> line = {ringfence_};
  line.insert(line.end(), arguments.begin(), arguments.end());
  return RunAs(user_, line, options);
}

std::string SandboxTest::Compile(const std::string& workload) const {
  const Outcome outcome =
      Ringfence({"compile", workload, "-o", home_.path() + "/compiled"});
  EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  return home_.path() + "/compiled/" + fs::path(workload).stem().string() +
         ".rfb";
}

std::map<std::string, std::string> SandboxTest::Inside(
    const std::string& level,
    const std::vector<std::string>& operations) const {
  std::vector<std::string> command = {"/opt/probe"};
  command.insert(command.end(), operations.begin(), operations.end());
  const Outcome outcome = Run({Write("probing", level, command)});
  EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  return ProbeResults(outcome.out);
}

std::map<std::string, std::string> SandboxTest::Outside(
    const std::vector<std::string>& operations) const {
  std::vector<std::string> command = {probe_};
  command.insert(command.end(), operations.begin(), operations.end());
  const Outcome outcome = RunAs(user_, command);
  EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  return ProbeResults(outcome.out);
}

}  // namespace ringfence::live
