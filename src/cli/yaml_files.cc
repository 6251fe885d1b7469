#include "cli/yaml_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string_view>
#include <system_error>

#include "syntax/schema.h"

namespace ringfence::cli {
namespace {

namespace fs = std::filesystem;

std::unexpected<std::string> Fail(const fs::path& path,
                                  const std::error_code& error) {
  return std::unexpected("cannot read " + path.string() + ": " +
                         error.message());
}

class Walk {
 public:
  std::expected<void, std::string> Add(const std::string& path) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (status.type() == fs::file_type::not_found) {
      return std::unexpected("there is no file `" + path + "`");
    }
    if (error) return Fail(path, error);
    if (fs::is_directory(status)) return Folder(path);
    if (!fs::is_regular_file(status)) {
      return std::unexpected("`" + path + "` is neither a file nor a folder");
    }
    File(path, true);
    return {};
  }

  YamlFiles Take() { return std::move(found_); }

 private:
  void File(const fs::path& path, bool named) {
    std::error_code error;
    const fs::path canonical = fs::canonical(path, error);
    if (!seen_.insert(error ? path : canonical).second) return;
    found_.files.push_back({path.string(), named});
  }

  std::expected<void, std::string> Folder(const fs::path& folder) {
    std::error_code error;
    std::vector<fs::directory_entry> entries;
    for (fs::directory_iterator at(folder, error), end; at != end;
         at.increment(error)) {
      if (error) break;
      entries.push_back(*at);
    }
    if (error) return Fail(folder, error);
    std::ranges::sort(entries, {}, [](const auto& entry) -> const fs::path& {
      return entry.path();
    });
    for (const fs::directory_entry& entry : entries) {
      const fs::path& path = entry.path();
      if (path.filename().string().starts_with('.')) continue;
      const fs::file_status own = entry.symlink_status(error);
      if (error) return Fail(path, error);
      const bool yaml =
          path.extension() == ".yaml" || path.extension() == ".yml";
      if (fs::is_directory(own)) {
        if (auto done = Folder(path); !done) return done;
      } else if (fs::is_symlink(own)) {
        const fs::file_status target = fs::status(path, error);
        if (fs::is_directory(target)) {
          found_.notes.push_back(path.string() +
                                 " is a link to a folder and was not followed");
        } else if (yaml && !fs::is_regular_file(target)) {
          return std::unexpected(
              "the link " + path.string() +
              " leads to no file: " + (error ? error.message() : "not a file"));
        } else if (yaml) {
          File(path, false);
        }
      } else if (fs::is_regular_file(own) && yaml) {
        File(path, false);
      }
    }
    return {};
  }

  YamlFiles found_;
  std::set<fs::path> seen_;
};

}  // namespace

std::expected<YamlFiles, std::string> FindYamlFiles(
    const std::vector<std::string>& paths) {
  Walk walk;
  for (const std::string& path : paths) {
    if (auto done = walk.Add(path); !done) return std::unexpected(done.error());
  }
  return walk.Take();
}

std::expected<bool, std::string> IsFolder(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) return false;
  if (error) return Fail(path, error);
  return fs::is_directory(status);
}

bool IsOurs(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    constexpr std::string_view kKey = "kind:";
    if (!line.starts_with(kKey)) continue;
    return std::ranges::any_of(
        syntax::Kinds(), [&](const syntax::KindSchema& kind) {
          const size_t at = line.find(kind.name);
          return at != std::string::npos &&
                 line.find_first_not_of(" \t\"'", kKey.size()) == at;
        });
  }
  return false;
}

}  // namespace ringfence::cli
