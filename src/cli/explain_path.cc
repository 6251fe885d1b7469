#include "cli/explain_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "launch/sight.h"
#include "resolve/paths.h"
#include "syntax/render.h"

namespace ringfence::cli {
namespace {

using resolve::IsInside;
using syntax::Text;

// Of these nothing of the host's is ever shown.
constexpr std::array<std::string_view, 6> kNever{"/run", "/var/run", "/tmp",
                                                 "/dev", "/proc",    "/sys"};

const Text* CeilingOver(const std::vector<Text>& ceiling,
                        const std::string& path) {
  const auto at = std::ranges::find_if(
      ceiling, [&](const Text& tree) { return IsInside(path, tree.value); });
  return at != ceiling.end() ? &*at : nullptr;
}

std::string PlaceText(const syntax::Span& span) {
  return fmt::format("{}:{}", syntax::Escape(span.file), span.line);
}

// One ceiling: whether it holds the path, and the line that says so.
bool TellCeiling(const char* key, const std::vector<Text>& ceiling,
                 const syntax::Span& span, const std::string& path) {
  const Text* over = CeilingOver(ceiling, path);
  if (over != nullptr) {
    fmt::print("  {}: yes, {} at {}\n", key, over->value,
               PlaceText(over->span));
    return true;
  }
  std::string trees;
  for (const Text& tree : ceiling) {
    trees += (trees.empty() ? "" : ", ") + tree.value;
  }
  fmt::print("  {}: no, it holds only {} ({})\n", key,
             trees.empty() ? "nothing" : trees, PlaceText(span));
  return false;
}

bool IsNeverShown(const std::string& path) {
  return std::ranges::any_of(
      kNever, [&](std::string_view tree) { return IsInside(path, tree); });
}

void TellHowToShow(const resolve::ResolvedLevel& level,
                   const std::string& workload, const std::string& path) {
  if (IsNeverShown(path)) {
    fmt::print(
        "  nothing of the host's {} is ever shown: for files of its own give "
        "it `scratch`\n",
        path.substr(0, path.find('/', path.starts_with("/var/") ? 5 : 1)));
    return;
  }
  fmt::print("  trust level {} has to permit it:\n", level.name);
  const auto& ceilings = level.ceilings;
  const bool read =
      TellCeiling("may_read", ceilings.may_read, ceilings.read_span, path);
  const bool write =
      TellCeiling("may_write", ceilings.may_write, ceilings.write_span, path);
  if (read) {
    fmt::print("  to show it: add to {}\n    filesystem: {{read: [{}]}}\n",
               workload, path);
  }
  if (write) {
    fmt::print(
        "  to let it be written: add to {}\n    filesystem: {{write: "
        "[{}]}}\n",
        workload, path);
  }
  if (!read && !write) {
    fmt::print(
        "  to show it: add `{}` to `may_read` at {} first, and at that of each "
        "level it extends\n",
        path, PlaceText(ceilings.read_span));
  }
}

// Whether the host has it now, where that can be told from here.
void TellHost(const launch::Sight& sight) {
  const model::ViewEntry& entry = *sight.entry;
  if (entry.kind != model::ViewEntry::Kind::kBind ||
      !entry.host.starts_with('/')) {
    return;
  }
  const std::string host = entry.host + sight.path.substr(entry.at.size());
  std::error_code error;
  if (!std::filesystem::exists(std::filesystem::symlink_status(host, error))) {
    fmt::print("  but this host has no {} now: ENOENT\n", syntax::Escape(host));
  }
}

const char* YesOr(bool yes, const char* otherwise) {
  return yes ? "yes" : otherwise;
}

}  // namespace

void ExplainPath(const Compiled& compiled, const resolve::ResolvedLevel& level,
                 const std::string& path) {
  const model::Confinement& confinement = compiled.confinement;
  const launch::Sight sight = launch::LookAt(compiled.view, path);
  const std::string workload = syntax::Escape(confinement.source.file);
  if (sight.entry == nullptr) {
    fmt::print(
        "{}: not in the view of {}\n  a program that opens it gets "
        "ENOENT, whatever the host has there\n",
        syntax::Escape(path), confinement.name);
    TellHowToShow(level, workload, path);
    return;
  }
  fmt::print("{}: in the view of {}\n  {}\n", syntax::Escape(path),
             confinement.name, launch::Describe(sight));
  if (sight.path != path) {
    fmt::print("  a link of the view leads to {}\n",
               syntax::Escape(sight.path));
  }
  if (sight.entry->kind == model::ViewEntry::Kind::kScratch) {
    fmt::print("  whatever the host has at {} is hidden by it\n",
               syntax::Escape(path));
  }
  TellHost(sight);
  const model::Rights rights = launch::RightsAt(sight);
  fmt::print(
      "  read: {}\n  write: {}\n  execute: {}\n  Landlock allows the same, "
      "whatever is mounted\n",
      YesOr(rights.read, "no, EACCES"),
      YesOr(rights.write,
            "no, EROFS (EACCES where its mode forbids it already)"),
      YesOr(rights.execute,
            "no, EACCES: an entry of `filesystem` needs "
            "`execute: true`"));
}

void ExplainPath(const resolve::ResolvedLevel& level, const std::string& path) {
  fmt::print("{}: what a workload of trust level {} may be shown\n",
             syntax::Escape(path), level.name);
  if (IsNeverShown(path)) {
    fmt::print("  nothing of the host's is ever shown there\n");
    return;
  }
  const auto& ceilings = level.ceilings;
  (void)TellCeiling("may_read", ceilings.may_read, ceilings.read_span, path);
  (void)TellCeiling("may_write", ceilings.may_write, ceilings.write_span, path);
  (void)TellCeiling("may_execute", ceilings.may_execute, ceilings.execute_span,
                    path);
}

}  // namespace ringfence::cli
