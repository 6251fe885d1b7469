#include "live/service.h"

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "live/host_socket.h"
#include "paths/paths.h"

namespace ringfence::live {
namespace fs = std::filesystem;

std::string ServiceTest::Example(const std::string& name,
                                 const std::string& level) const {
  const fs::path from = SourceDirectory() + "/examples/" + name;
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    if (!entry.is_regular_file()) continue;
    std::string text = TextOf(entry.path());
    if (entry.path().extension() == ".yaml") {
      text = std::regex_replace(text, std::regex("\ntrust: [a-z]+\n"),
                                "\ntrust: " + level + "\n");
    }
    home_.Write(name + "/" + fs::relative(entry.path(), from).string(), text);
  }
  return home_.path() + "/" + name;
}

void ServiceTest::Replace(const std::string& file, std::string_view from,
                          std::string_view to) {
  std::string text = TextOf(file);
  const size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << file << ": " << from;
  text.replace(at, from.size(), to);
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

uint16_t ServiceTest::MovePort(const std::string& file, uint16_t port) {
  const uint16_t free = FreePort();
  const std::string own = "\"127.0.0.1:" + std::to_string(port) + "\"";
  Replace(file, "bind: " + own,
          "bind: \"127.0.0.1:" + std::to_string(free) + "\", to: " + own);
  return free;
}

std::vector<std::string> ServiceTest::Line(const std::string& file) const {
  return RunLine({"--status-file", status(), file});
}

Outcome ServiceTest::RunExample(const std::string& file) const {
  return RunAs(user_, Line(file), {.time_limit = std::chrono::seconds(120)});
}

std::string ServiceTest::ReadStatus() const { return TextOf(status()); }

void ServiceTest::ExpectQuiet(const Outcome& outcome) const {
  std::istringstream lines(outcome.err);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("ringfence: this host has no ledger")) continue;
    EXPECT_FALSE(line.starts_with("ringfence:")) << line;
  }
  EXPECT_THAT(ReadStatus(), ::testing::HasSubstr("\"denied_calls\":0,"));
}

bool ServiceTest::Lacks(const std::string& program) {
  return !fs::exists(program);
}

}  // namespace ringfence::live
