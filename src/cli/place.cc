#include "cli/place.h"

#include <algorithm>
#include <filesystem>

#include "cli/child.h"
#include "launch/refusal.h"
#include "sys/file.h"

namespace ringfence::cli {
namespace {

namespace fs = std::filesystem;

// Plumbing commands only: they run no hook, filter or pager.
std::expected<std::string, std::string> Git(std::vector<std::string> words,
                                            const std::string& what) {
  words.insert(words.begin(), "git");
  auto done = RunChild(words, "");
  if (!done) return std::unexpected(done.error());
  if (done->exit_code == 0) return std::move(done->output);
  std::string said = done->errors.substr(0, done->errors.find('\n'));
  if (said.starts_with("fatal: ")) said.erase(0, 7);
  return std::unexpected(what + (said.empty() ? "" : " (git: " + said + ")"));
}

std::expected<void, std::string> CheckRevision(const Place& place) {
  if (place.revision.starts_with('-')) {
    return std::unexpected("`" + place.revision + "` is no git revision");
  }
  auto found = Git(
      {"rev-parse", "--verify", "--end-of-options", place.revision + "^{tree}"},
      "there is no git revision `" + place.revision + "`");
  if (!found) return std::unexpected(found.error());
  return {};
}

std::string Missing(const Place& place) {
  return "there is no `" + place.path + "` in git revision `" + place.revision +
         "`";
}

}  // namespace

Place PlaceOf(const std::string& text) {
  std::error_code error;
  if (fs::exists(text, error)) return {"", text};
  const size_t colon = text.find(':');
  if (colon == std::string::npos || colon == 0) return {"", text};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

Place Parent(const Place& place) {
  const size_t slash = place.path.rfind('/');
  if (slash == std::string::npos) {
    return {place.revision, place.revision.empty() ? "." : ""};
  }
  return {place.revision, place.path.substr(0, std::max<size_t>(slash, 1))};
}

Place Beside(const Place& folder, std::string_view name) {
  const bool separate = !folder.path.empty() && !folder.path.ends_with('/');
  return {folder.revision,
          folder.path + (separate ? "/" : "") + std::string(name)};
}

std::expected<PlaceKind, std::string> KindOf(const Place& place) {
  if (place.revision.empty()) {
    std::error_code error;
    const fs::file_status status = fs::status(place.path, error);
    if (!fs::exists(status)) {
      return std::unexpected("there is no file `" + place.path + "`");
    }
    return fs::is_directory(status) ? PlaceKind::kFolder : PlaceKind::kFile;
  }
  if (auto good = CheckRevision(place); !good) {
    return std::unexpected(good.error());
  }
  const auto type = Git({"cat-file", "-t", place.Name()}, Missing(place));
  if (!type) return std::unexpected(type.error());
  return *type == "tree\n" ? PlaceKind::kFolder : PlaceKind::kFile;
}

std::expected<std::string, std::string> ReadPlace(const Place& place,
                                                  size_t limit) {
  if (place.revision.empty()) {
    auto text = sys::ReadFile(place.path.c_str(), limit);
    if (text) return *std::move(text);
    return std::unexpected("cannot read " + place.path + ": " +
                           launch::Describe(text.error()));
  }
  auto text = Git({"cat-file", "blob", place.Name()}, Missing(place));
  if (text && text->size() > limit) {
    return std::unexpected(place.Name() + " is too large");
  }
  return text;
}

std::expected<std::vector<std::string>, std::string> NamesIn(
    const Place& place) {
  std::vector<std::string> names;
  if (place.revision.empty()) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(place.path, error)) {
      names.push_back(entry.path().filename().string());
    }
    if (error) {
      return std::unexpected("cannot read the folder " + place.path);
    }
  } else {
    const auto listed =
        Git({"ls-tree", "--name-only", "-z", place.Name()}, Missing(place));
    if (!listed) return std::unexpected(listed.error());
    std::string_view rest = *listed;
    while (!rest.empty()) {
      const size_t end = rest.find('\0');
      names.emplace_back(rest.substr(0, end));
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace ringfence::cli
