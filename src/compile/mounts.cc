#include "compile/mounts.h"

#include <algorithm>
#include <map>
#include <string>

namespace ringfence::compile {
namespace {

using model::ViewEntry;
using Kind = ViewEntry::Kind;

// What can be made below an entry: anything in a directory of ours, only what
// the host already has there below a bind, nothing below a file.
enum class Below { kOurs, kHosts, kNothing };

Below BelowOf(Kind kind) {
  switch (kind) {
    case Kind::kDirectory:
    case Kind::kScratch:
    case Kind::kDev:
      return Below::kOurs;
    case Kind::kBind:
      return Below::kHosts;
    case Kind::kFile:
    case Kind::kSymlink:
    case Kind::kProc:
      return Below::kNothing;
  }
  return Below::kNothing;
}

// "/a/b" -> "/a"; "/a" and "a" -> "".
std::string ParentOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

// The directories of `path` that no entry provides, outermost first.
std::expected<std::vector<std::string>, CompileError> MissingParents(
    const ViewEntry& entry, const std::map<std::string, ViewEntry>& placed) {
  std::vector<std::string> missing;
  for (std::string at = ParentOf(entry.at); !at.empty(); at = ParentOf(at)) {
    const auto parent = placed.find(at);
    if (parent == placed.end()) {
      missing.push_back(at);
      continue;
    }
    switch (BelowOf(parent->second.kind)) {
      case Below::kOurs:
        break;
      case Below::kHosts:
        missing.clear();
        break;
      case Below::kNothing:
        return std::unexpected(CompileError{
            entry.at + " lies below " + at + ", which is not a directory",
            entry.source});
    }
    break;
  }
  std::ranges::reverse(missing);
  return missing;
}

}  // namespace

std::expected<std::vector<ViewEntry>, CompileError> CompileMounts(
    const model::Confinement& confinement) {
  std::vector<ViewEntry> wanted = confinement.view;
  std::ranges::sort(wanted, {}, &ViewEntry::at);
  std::map<std::string, ViewEntry> placed;
  for (const ViewEntry& entry : wanted) {
    auto missing = MissingParents(entry, placed);
    if (!missing) return std::unexpected(missing.error());
    for (const std::string& at : *missing) {
      placed[at] = {.kind = Kind::kDirectory, .at = at, .source = {}};
    }
    if (!placed.emplace(entry.at, entry).second) {
      return std::unexpected(CompileError{
          entry.at + " is claimed twice in the workload's view", entry.source});
    }
  }
  // A map of paths is in mount order: "/a" comes before "/a/b".
  std::vector<ViewEntry> ordered;
  ordered.reserve(placed.size());
  for (auto& [at, entry] : placed) ordered.push_back(std::move(entry));
  return ordered;
}

}  // namespace ringfence::compile
