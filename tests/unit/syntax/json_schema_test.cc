// The schemas and the parser accept and refuse the same documents: the golden
// cases, everything that ships, and each of those with one line changed.
#include "syntax/json_schema.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "golden/golden.h"
#include "paths/paths.h"
#include "syntax/parse.h"
#include "syntax/read.h"

namespace ringfence::syntax {
namespace {

namespace fs = std::filesystem;

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", c);
      out += escape;
    } else {
      out += c;
    }
  }
  return out + '"';
}

// As any reader of YAML 1.2 takes it (the core schema).
std::string Json(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
    case Node::Kind::kBroken:
      return "null";
    case Node::Kind::kScalar: {
      if (node.quoted) return Quoted(node.text);
      if (node.text == "true" || node.text == "false") return node.text;
      static const std::regex kDecimal("[-+]?[0-9]+");
      static const std::regex kReal("[-+]?(\\.[0-9]+|[0-9]+\\.[0-9]*)");
      if (std::regex_match(node.text, kDecimal)) {
        const size_t digit = node.text.find_first_not_of("+-0");
        const std::string sign = node.text[0] == '-' ? "-" : "";
        return digit == std::string::npos ? "0"
                                          : sign + node.text.substr(digit);
      }
      if (std::regex_match(node.text, kReal)) {
        return std::to_string(std::stod(node.text));
      }
      return Quoted(node.text);
    }
    case Node::Kind::kSequence: {
      std::string out;
      for (const Node& item : node.items) {
        out += (out.empty() ? "" : ",") + Json(item);
      }
      return "[" + out + "]";
    }
    case Node::Kind::kMapping: {
      std::string out;
      for (const Entry& entry : node.entries) {
        out += (out.empty() ? "" : ",") + Quoted(entry.key) + ":" +
               Json(entry.value);
      }
      return "{" + out + "}";
    }
  }
  return "null";
}

// What a value means beyond its form: a day that is in no calendar, a size of
// more than 64 bits, an address or a signal that does not exist.
bool IsBeyondASchema(Code code) {
  static constexpr Code kBeyond[] = {
      Code::kBadDate, Code::kBadSize,    Code::kBadDuration,
      Code::kBadCpu,  Code::kBadAddress, Code::kBadSignal,
  };
  return std::ranges::find(kBeyond, code) != std::end(kBeyond);
}

class Cases {
 public:
  void Add(const std::string& name, const std::string& text) {
    Diagnostics reading;
    const auto root = ReadYaml(text, name, reading);
    // What is no tree never reaches a schema.
    if (!root || !reading.empty() || root->kind != Node::Kind::kMapping) return;
    const Node* kind = root->Find("kind");
    if (kind == nullptr ||
        std::ranges::find(Kinds(), kind->text, &KindSchema::name) ==
            Kinds().end()) {
      return;
    }
    Diagnostics diagnostics;
    const bool accepted = Parse(text, name, diagnostics).has_value();
    const bool beyond = std::ranges::all_of(
        diagnostics.all(),
        [](const Diagnostic& one) { return IsBeyondASchema(one.code); });
    lines_ += "{\"name\":" + Quoted(name) + ",\"kind\":" + Quoted(kind->text) +
              ",\"accepted\":" + (accepted ? "true" : "false") +
              ",\"beyond\":" + (!accepted && beyond ? "true" : "false") +
              ",\"document\":" + Json(*root) + "}\n";
  }

  // The text, and the text with each line left out, misspelt, or with another
  // value.
  void AddWithChanges(const std::string& name, const std::string& text) {
    Add(name, text);
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    for (size_t i = 0; i < lines.size(); ++i) {
      const std::string was = lines[i];
      const size_t colon = was.find(": ");
      const size_t key = was.find_first_not_of(" -{");
      std::vector<std::string> changed = {""};
      if (colon != std::string::npos && key < colon) {
        const std::string head = was.substr(0, colon + 2);
        for (const char* value :
             {"[]", "{}", "x", "\"\"", "-1", "0", "[x, 1]"}) {
          changed.push_back(head + value);
        }
        changed.push_back(was.substr(0, key) + "x" + was.substr(key));
      }
      for (const std::string& line : changed) {
        lines[i] = line;
        std::string other;
        for (const std::string& each : lines) other += each + "\n";
        Add(name + ":" + std::to_string(i + 1) + " as `" + line + "`", other);
      }
      lines[i] = was;
    }
  }

  [[nodiscard]] const std::string& lines() const { return lines_; }

 private:
  std::string lines_;
};

TEST(JsonSchema, AgreesWithTheParser) {
  Cases cases;
  for (const std::string folder : {"parse", "resolve", "check"}) {
    for (const std::string& name : golden::CasesIn(folder)) {
      for (const auto& input : golden::LoadCase(folder, name).inputs) {
        cases.Add(name + "/" + input.name, input.text);
      }
    }
  }
  const fs::path root = SourceDirectory();
  for (const char* folder : {"profiles", "policies", "examples"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      // A group is a list of names and little else.
      if (entry.path().extension() != ".yaml" ||
          entry.path().parent_path().filename() == "groups") {
        continue;
      }
      std::ifstream stream(entry.path(), std::ios::binary);
      cases.AddWithChanges(fs::relative(entry.path(), root).string(),
                           {std::istreambuf_iterator<char>(stream), {}});
    }
  }
  cases.AddWithChanges(
      "facts", golden::LoadCase("parse", "complete-facts").inputs[0].text);
  std::string name = (fs::temp_directory_path() / "schemas-XXXXXX").string();
  const fs::path to = ::mkdtemp(name.data());
  for (const KindSchema& kind : Kinds()) {
    std::ofstream(to / (std::string(kind.name) + ".schema.json"))
        << JsonSchema(kind);
  }
  std::ofstream(to / "cases") << cases.lines();
  const std::string command = "python3 -B " +
                              (root / "tests/schemas/agree.py").string() + " " +
                              to.string() + " < " + (to / "cases").string() +
                              " > " + (to / "said").string() + " 2>&1";
  const int status = std::system(command.c_str());
  std::ifstream said(to / "said");
  const std::string text(std::istreambuf_iterator<char>(said), {});
  EXPECT_EQ(status, 0) << text.substr(0, 6000);
  std::fputs(text.substr(0, 300).c_str(), stdout);
  fs::remove_all(to);
}

// docs/schemas/KIND.schema.json are made from the tables: RINGFENCE_REBASE=1
// writes them.
TEST(JsonSchema, IsTheOneThatShips) {
  for (const KindSchema& kind : Kinds()) {
    const std::string path = SourceDirectory() + "/docs/schemas/" +
                             std::string(kind.name) + ".schema.json";
    if (std::getenv("RINGFENCE_REBASE") != nullptr) {
      std::ofstream(path, std::ios::binary) << JsonSchema(kind);
    }
    std::ifstream stream(path, std::ios::binary);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(stream), {}),
              JsonSchema(kind))
        << path;
  }
}

}  // namespace
}  // namespace ringfence::syntax
