#include "cli/against.h"

#include <filesystem>

#include "cli/call_text.h"
#include "cli/changes.h"
#include "cli/proving.h"

namespace ringfence::cli {
namespace {

using check::Finding;

// git takes paths from the current folder with a leading "./".
Place InRevision(const std::string& revision, const std::string& file) {
  std::error_code error;
  const auto relative = std::filesystem::relative(file, error);
  return {revision, "./" + (error ? file : relative.string())};
}

Finding Base(const std::string& file) {
  return {.code = syntax::Code::kLooserThanBefore,
          .at = {file, 0, 0, 1},
          .reason =
              "a change may tighten without a word, and loosen only "
              "where somebody says so"};
}

}  // namespace

std::expected<Loosenings, LoadError> FindLoosenings(
    const std::string& revision, const std::string& file,
    const std::string& profiles, const std::vector<std::string>& folders) {
  const Place place = InRevision(revision, file);
  if (!KindOf(place)) return Loosenings{.findings = {}, .is_new = true};
  const auto before = Load(place, profiles, folders);
  if (!before) return std::unexpected(before.error());
  const auto after = Load({"", file}, profiles, folders);
  if (!after) return std::unexpected(after.error());
  const auto changes = FindChanges(*before, *after);
  if (!changes) {
    return std::unexpected(LoadError{
        kUndecided,
        "error: " + file + ": undecided: " + changes.error().why + "\n"});
  }
  Loosenings out;
  size_t hidden = 0;
  const auto add = [&](Finding finding) {
    if (out.findings.size() == kMostLoosenings) {
      ++hidden;
    } else {
      out.findings.push_back(std::move(finding));
    }
  };
  for (const CallChange& change : changes->calls) {
    if (!change.loosening) continue;
    Finding finding = Base(file);
    finding.message =
        "`" + change.what + "` gets a weaker answer than in " + revision;
    if (change.after_source.line != 0) {
      finding.at = {change.after_source.file, change.after_source.line,
                    change.after_source.column, 1};
      finding.label = "decided here";
    }
    const std::string was = PlaceText(change.before_source);
    if (!was.empty()) finding.notes.push_back({"before, by " + was, {}});
    finding.witness = check::Witness{change.call, change.after, change.before};
    finding.key = change.what;
    add(std::move(finding));
  }
  for (const prove::LayerChange& change : changes->layers) {
    if (change.direction != prove::Direction::kLooser) continue;
    Finding finding = Base(file);
    finding.message = change.layer + ": " + change.what;
    finding.key = finding.message;
    add(std::move(finding));
  }
  if (hidden != 0) {
    out.findings.back().notes.push_back({"and " + std::to_string(hidden) +
                                             " more: ringfence diff " +
                                             place.Name() + " " + file,
                                         {}});
  }
  return out;
}

std::expected<void, std::string> CheckRevision(const std::string& revision) {
  const auto root = KindOf({revision, ""});
  if (!root) return std::unexpected(root.error());
  return {};
}

}  // namespace ringfence::cli
