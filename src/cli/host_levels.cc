#include "cli/host_levels.h"

#include <filesystem>

#include "cli/install.h"

namespace ringfence::cli {

std::set<std::string> HostLevels() {
  std::set<std::string> names;
  for (const std::string& folder : ProfileFolders("")) {
    std::error_code error;
    for (const auto& entry :
         std::filesystem::directory_iterator(folder, error)) {
      if (entry.path().extension() == ".yaml") {
        names.insert(entry.path().stem());
      }
    }
  }
  return names;
}

}  // namespace ringfence::cli
