// Golden tests: input and expected output in one file.
//
//   #### level child.yaml
//   kind: TrustLevel
//   ...
//   #### expected
//   error[RF0406]: ...
//
// Lines before the first section say what the case is about. With
// RINGFENCE_REBASE=1 in the environment the expected part is rewritten instead
// of compared; review the difference before committing it. CI never sets it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "paths/paths.h"

namespace ringfence::golden {

struct Section {
  std::string name;  // "input", "level child.yaml"
  std::string text;
};

struct Case {
  std::filesystem::path path;
  std::string title;
  std::vector<Section> inputs;
  std::string expected;
};

inline constexpr std::string_view kMark = "#### ";

inline Case Load(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  Case out;
  out.path = path;
  std::string* text = &out.title;
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with(kMark)) {
      const std::string name = line.substr(kMark.size());
      if (name == "expected") {
        text = &out.expected;
      } else {
        out.inputs.push_back({name, ""});
        text = &out.inputs.back().text;
      }
      continue;
    }
    *text += line + "\n";
  }
  return out;
}

inline std::vector<std::string> CasesIn(const std::string& folder) {
  namespace fs = std::filesystem;
  std::vector<std::string> names;
  const fs::path root = fs::path(SourceDirectory()) / "tests/golden" / folder;
  for (const auto& entry : fs::directory_iterator(root)) {
    if (entry.path().extension() == ".txt") {
      names.push_back(entry.path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

inline Case LoadCase(const std::string& folder, const std::string& name) {
  return Load(std::filesystem::path(SourceDirectory()) / "tests/golden" /
              folder / (name + ".txt"));
}

inline void Compare(const Case& golden, const std::string& actual) {
  if (std::getenv("RINGFENCE_REBASE") == nullptr) {
    EXPECT_EQ(actual, golden.expected) << golden.path;
    return;
  }
  std::ofstream stream(golden.path, std::ios::binary);
  stream << golden.title;
  for (const Section& input : golden.inputs) {
    stream << kMark << input.name << "\n" << input.text;
  }
  stream << kMark << "expected\n" << actual;
}

}  // namespace ringfence::golden
