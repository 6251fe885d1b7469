// The YAML files that the paths of a command line mean.
#pragma once

#include <expected>
#include <string>
#include <vector>

namespace ringfence::cli {

struct YamlFile {
  std::string path;    // as a message names it
  bool named = false;  // on the command line itself, not found in a folder
};

struct YamlFiles {
  std::vector<YamlFile> files;     // sorted within each folder, each once
  std::vector<std::string> notes;  // what was passed over, and why
};

// A folder stands for every *.yaml and *.yml below it, but for what is hidden
// (.git). Links to folders are not followed, and a note says so. An error is a
// sentence without a full stop: a path that is not there, a folder or a link
// that cannot be read.
[[nodiscard]] std::expected<YamlFiles, std::string> FindYamlFiles(
    const std::vector<std::string>& paths);

// False: there is nothing of that name, or a file. The error is a sentence: who
// cannot tell may not pass over it.
[[nodiscard]] std::expected<bool, std::string> IsFolder(
    const std::string& path);

// Whether a file that nobody named is one of ours: a folder may hold others'.
[[nodiscard]] bool IsOurs(const std::string& path);

}  // namespace ringfence::cli
