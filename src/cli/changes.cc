#include "cli/changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "cli/call_text.h"
#include "syntax/render.h"

namespace ringfence::cli {
namespace {

using prove::Direction;

// Arguments that neither side looks at, as a program would pass them.
evaluate::SeccompData Plausible(const prove::Subject& before,
                                const prove::Subject& after,
                                const prove::Difference& difference) {
  constexpr unsigned kType = 1;        // of socket and socketpair
  constexpr uint64_t kSockStream = 1;  // SOCK_STREAM
  evaluate::SeccompData call = difference.call;
  if (!CallName(call.arch, call.nr).starts_with("socket") ||
      call.args[kType] != 0) {
    return call;
  }
  call.args[kType] = kSockStream;
  const auto was = before.Replay(call);
  const auto is = after.Replay(call);
  const bool same =
      was && is && *was == difference.first && *is == difference.second;
  return same ? call : difference.call;
}

std::string What(const prove::Difference& difference,
                 const evaluate::SeccompData& call) {
  const prove::Interval& numbers = difference.box.number;
  if (numbers.IsOne()) return CallText(call);
  return fmt::format("calls {} to {}", numbers.first, numbers.last);
}

CallChange ChangeOf(const Loaded& before, const Loaded& after,
                    const prove::Difference& difference,
                    const evaluate::SeccompData& call) {
  const bool was = prove::Permits(difference.first);
  const bool is = prove::Permits(difference.second);
  return {.kind = was == is ? CallChange::Kind::kAnswer
                  : is      ? CallChange::Kind::kAllowed
                            : CallChange::Kind::kDenied,
          .loosening = prove::IsStricter(difference.first, difference.second),
          .archs = {call.arch},
          .numbers = difference.box.number,
          .call = call,
          .what = What(difference, call),
          .before = difference.first,
          .after = difference.second,
          .before_source = SourceOf(before, call),
          .after_source = SourceOf(after, call)};
}

// The same change on two architectures is one.
void AddChange(std::vector<CallChange>& changes, CallChange change) {
  const auto same = std::ranges::find_if(changes, [&](const CallChange& one) {
    return one.what == change.what && one.before == change.before &&
           one.after == change.after &&
           one.before_source == change.before_source &&
           one.after_source == change.after_source &&
           std::ranges::find(one.archs, change.archs.front()) ==
               one.archs.end();
  });
  if (same == changes.end()) {
    changes.push_back(std::move(change));
  } else {
    same->archs.push_back(change.archs.front());
  }
}

// Where both can be compared. One that treats all architectures alike is
// compared on those of the other.
std::vector<prove::Interval> CommonArchs(const Loaded& before,
                                         const Loaded& after,
                                         std::vector<std::string>& notes) {
  const std::vector<uint32_t> was = ArchsOf(before);
  const std::vector<uint32_t> is = ArchsOf(after);
  if (was == is) return {prove::Interval{}};
  std::vector<uint32_t> common;
  std::ranges::set_intersection(was, is, std::back_inserter(common));
  if (was.empty()) common = is;
  if (is.empty()) common = was;
  std::vector<prove::Interval> archs;
  std::string names;
  for (const uint32_t arch : common) {
    archs.push_back({arch, arch});
    names += (names.empty() ? "" : ", ") + ArchName(arch);
  }
  notes.push_back(names.empty()
                      ? "system calls were not compared: the two are for "
                        "different architectures"
                      : "system calls were compared on " + names +
                            " only: one of the two is not for the others");
  return archs;
}

std::string Answer(prove::Outcome outcome, const model::Source& source) {
  const std::string place = PlaceText(source);
  return OutcomeText(outcome) + (place.empty() ? "" : " by " + place);
}

std::string Line(const CallChange& change, bool all_archs) {
  std::string archs;
  if (!all_archs) {
    for (const uint32_t arch : change.archs) {
      archs += (archs.empty() ? " [" : ", ") + ArchName(arch);
    }
    archs += "]";
  }
  return "  " + syntax::Escape(change.what) + archs + ": was " +
         Answer(change.before, change.before_source) + ", now " +
         Answer(change.after, change.after_source) + "\n";
}

std::string CallsText(const std::vector<CallChange>& changes,
                      CallChange::Kind kind, const char* title) {
  constexpr int kMaxOfOneCall = 8;
  size_t archs = 0;
  for (const CallChange& change : changes) {
    archs = std::max(archs, change.archs.size());
  }
  std::string text;
  std::map<std::string, int> shown;
  std::map<std::string, int> hidden;
  for (const CallChange& change : changes) {
    if (change.kind != kind) continue;
    const std::string name = change.what.substr(0, change.what.find('('));
    if (shown[name] == kMaxOfOneCall) {
      ++hidden[name];
      continue;
    }
    ++shown[name];
    text += Line(change, change.archs.size() == archs);
  }
  for (const auto& [name, count] : hidden) {
    text += fmt::format("  {}: {} more regions\n", name, count);
  }
  return text.empty() ? text : std::string(title) + ":\n" + text;
}

std::string LayersText(const std::vector<prove::LayerChange>& changes,
                       Direction direction, const char* title) {
  std::string text;
  for (const prove::LayerChange& change : changes) {
    if (change.direction != direction) continue;
    text += "  " + change.layer + ": " + syntax::Escape(change.what) + "\n";
  }
  return text.empty() ? text : std::string(title) + ":\n" + text;
}

}  // namespace

bool Changes::Loosens() const {
  return std::ranges::any_of(calls, &CallChange::loosening) ||
         std::ranges::any_of(layers, [](const prove::LayerChange& change) {
           return change.direction == Direction::kLooser;
         });
}

std::expected<Changes, prove::Undecided> FindChanges(const Loaded& before,
                                                     const Loaded& after) {
  Changes changes;
  const bool program = before.kind == Loaded::Kind::kProgram ||
                       after.kind == Loaded::Kind::kProgram;
  const prove::Reading reading =
      program ? prove::Reading::kReturned : prove::Reading::kSeen;
  const prove::Subject was = SubjectOf(before, reading);
  const prove::Subject is = SubjectOf(after, reading);
  for (const prove::Interval& archs :
       CommonArchs(before, after, changes.notes)) {
    prove::Prover prover;
    const auto found = prover.Compare(was, is, prove::Relation::kEqual,
                                      prove::Search::kRegions, archs);
    if (!found) return std::unexpected(found.error());
    for (const prove::Difference& difference : *found) {
      AddChange(changes.calls, ChangeOf(before, after, difference,
                                        Plausible(was, is, difference)));
    }
  }
  const bool level = before.kind == Loaded::Kind::kLevel;
  if (before.layers && after.layers &&
      level == (after.kind == Loaded::Kind::kLevel)) {
    changes.layers = prove::CompareLayers(*before.layers, *after.layers);
  } else if (before.layers || after.layers) {
    changes.notes.emplace_back(
        "only system calls were compared: the two are of different kinds");
  }
  return changes;
}

std::string ChangesText(const Changes& changes) {
  std::string text;
  for (const std::string& note : changes.notes) text += "note: " + note + "\n";
  text += CallsText(changes.calls, CallChange::Kind::kAllowed, "newly allowed");
  text += LayersText(changes.layers, Direction::kLooser, "looser");
  text += CallsText(changes.calls, CallChange::Kind::kDenied, "newly denied");
  text +=
      CallsText(changes.calls, CallChange::Kind::kAnswer, "answered otherwise");
  text += LayersText(changes.layers, Direction::kTighter, "tighter");
  text += LayersText(changes.layers, Direction::kOther, "changed");
  if (changes.Empty()) text += "no change in meaning\n";
  return text;
}

std::string PlaceText(const model::Source& source) {
  if (source.line == 0) return {};
  std::error_code error;
  const std::string here = std::filesystem::current_path(error).string() + "/";
  std::string file = source.file;
  if (!error && file.starts_with(here)) file.erase(0, here.size());
  return syntax::Escape(file) + ":" + std::to_string(source.line);
}

}  // namespace ringfence::cli
