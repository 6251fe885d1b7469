#include "cli/install.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "launch/at_once.h"

namespace ringfence::cli {
namespace {

namespace fs = std::filesystem;

fs::path OwnFolder() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::path("/usr/bin") : self.parent_path();
}

}  // namespace

std::string FindProgram(const char* name) {
  std::string program = launch::ProgramBeside(name);
  return ::access(program.c_str(), X_OK) == 0 ? std::move(program) : "";
}

std::vector<std::string> ProfileFolders(const std::string& chosen) {
  if (!chosen.empty()) return {chosen};
  std::vector<std::string> folders;
  if (const char* set = std::getenv("RINGFENCE_PROFILES");
      set != nullptr && *set != '\0') {
    folders.emplace_back(set);
  }
  folders.emplace_back("/etc/ringfence/profiles");
  for (std::string& folder : DataFolders("profiles")) {
    folders.push_back(std::move(folder));
  }
  return folders;
}

std::vector<std::string> DataFolders(std::string_view name) {
  std::vector<std::string> folders;
  const fs::path own = OwnFolder();
  // bin, lib/ringfence, and a build tree, whose data is the source's.
  for (const char* shared : {"../share/ringfence", "../../share/ringfence"}) {
    folders.push_back((own / shared / name).lexically_normal());
  }
  folders.push_back(fs::path(RINGFENCE_SOURCE_TREE) / name);
  return folders;
}

}  // namespace ringfence::cli
