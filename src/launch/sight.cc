#include "launch/sight.h"

#include "base/check.h"
#include "launch/text.h"

namespace ringfence::launch {
namespace {

using Kind = model::ViewEntry::Kind;

// As many as the kernel follows (path_resolution(7)).
constexpr int kMaxLinks = 40;

bool IsInside(const std::string& path, const std::string& tree) {
  return path.starts_with(tree) &&
         (path.size() == tree.size() || path[tree.size()] == '/');
}

const model::ViewEntry* Deepest(const std::vector<model::ViewEntry>& view,
                                const std::string& path) {
  const model::ViewEntry* deepest = nullptr;
  for (const model::ViewEntry& entry : view) {
    if (IsInside(path, entry.at)) deepest = &entry;
  }
  return deepest;
}

}  // namespace

Sight LookAt(const std::vector<model::ViewEntry>& view, std::string path) {
  const model::ViewEntry* entry = Deepest(view, path);
  for (int i = 0; i < kMaxLinks; ++i) {
    if (entry == nullptr || entry->kind != Kind::kSymlink) break;
    const std::string rest = path.substr(entry->at.size());
    const std::string folder = entry->at.substr(0, entry->at.rfind('/') + 1);
    path = (entry->text.starts_with('/') ? "" : folder) + entry->text + rest;
    entry = Deepest(view, path);
  }
  // A directory of ours holds what else is shown, and nothing of its own.
  if (entry != nullptr && entry->kind == Kind::kDirectory &&
      entry->at != path) {
    entry = nullptr;
  }
  return {std::move(path), entry};
}

model::Rights RightsAt(const Sight& sight) {
  if (sight.entry == nullptr) return {};
  switch (sight.entry->kind) {
    case Kind::kBind:
    case Kind::kScratch:
      return sight.entry->rights;
    case Kind::kFile:
    case Kind::kProc:
      return {.read = true};
    case Kind::kDev:
      return {.read = true, .write = true};
    case Kind::kDirectory:
    case Kind::kSymlink:
      return {};
  }
  CheckFailed("sight: unknown entry");
}

std::string Describe(const Sight& sight) {
  if (sight.entry == nullptr) {
    return "nothing of the workload's view is at " + Printable(sight.path);
  }
  const model::ViewEntry& entry = *sight.entry;
  std::string text;
  switch (entry.kind) {
    case Kind::kBind:
      text = "the host's " + Printable(entry.host) + " is shown at " +
             Printable(entry.at);
      break;
    case Kind::kScratch:
      text = Printable(entry.at) +
             " is scratch space of its own, empty at the start";
      break;
    case Kind::kFile:
      text = Printable(entry.at) + " is a file that Ringfence makes";
      break;
    case Kind::kProc:
      text = "/proc is the sandbox's own";
      break;
    case Kind::kDev:
      text =
          "/dev has null, zero, full, random, urandom, tty, pts and shm, "
          "and nothing else";
      break;
    case Kind::kDirectory:
      return Printable(entry.at) +
             " is an empty directory that holds what else is shown";
    case Kind::kSymlink:
      return Printable(entry.at) + " is a link in a circle";
  }
  const model::Rights rights = RightsAt(sight);
  if (!rights.read && !rights.write && !rights.execute) return text;
  text += rights.write ? ", for reading and writing" : ", read-only";
  text += rights.execute ? ", and programs may be executed" : "";
  if (entry.source.line != 0) {
    text += " (" + Printable(entry.source.file) + ":" +
            std::to_string(entry.source.line) + ")";
  }
  return text;
}

}  // namespace ringfence::launch
