// A file or folder on disk, or in a git revision: `profiles/public.yaml`,
// `HEAD~1:profiles/public.yaml`.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace ringfence::cli {

struct Place {
  std::string revision;  // empty: on disk
  std::string path;
  [[nodiscard]] std::string Name() const {
    return revision.empty() ? path : revision + ":" + path;
  }
};

// What is there on disk is on disk; else what has a colon is REV:PATH, as git
// reads it: relative to the root of the repository, to the current folder with
// a leading ./ .
[[nodiscard]] Place PlaceOf(const std::string& text);

[[nodiscard]] Place Parent(const Place& place);
[[nodiscard]] Place Beside(const Place& folder, std::string_view name);

// The errors are sentences without a full stop: there is no such revision,
// there is no such file in it, ...
enum class PlaceKind { kFile, kFolder };
[[nodiscard]] std::expected<PlaceKind, std::string> KindOf(const Place& place);
[[nodiscard]] std::expected<std::string, std::string> ReadPlace(
    const Place& place, size_t limit);
// The names in a folder, sorted.
[[nodiscard]] std::expected<std::vector<std::string>, std::string> NamesIn(
    const Place& place);

}  // namespace ringfence::cli
