#include "cli/command_diff.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/call_text.h"
#include "cli/changes.h"
#include "cli/complain.h"
#include "cli/exit_code.h"
#include "cli/load.h"
#include "cli/options.h"
#include "syntax/render.h"

namespace ringfence::cli {
namespace {

using nlohmann::ordered_json;

struct DiffOptions {
  std::string before;
  std::string after;
  std::string profiles;
  std::string format = "text";
  bool fail_on_loosening = false;
};

const char* Word(CallChange::Kind kind) {
  switch (kind) {
    case CallChange::Kind::kAllowed:
      return "newly-allowed";
    case CallChange::Kind::kDenied:
      return "newly-denied";
    case CallChange::Kind::kAnswer:
      return "answered-otherwise";
  }
  return "";
}

const char* Word(prove::Direction direction) {
  switch (direction) {
    case prove::Direction::kLooser:
      return "looser";
    case prove::Direction::kTighter:
      return "tighter";
    case prove::Direction::kOther:
      return "changed";
  }
  return "";
}

ordered_json AnswerJson(prove::Outcome outcome, const model::Source& source) {
  ordered_json json = {{"answer", OutcomeText(outcome)}};
  if (source.line != 0) {
    json["file"] = source.file;
    json["line"] = source.line;
  }
  return json;
}

ordered_json Json(const std::string& subject, const Changes& changes,
                  const std::string& breaches) {
  ordered_json calls = ordered_json::array();
  for (const CallChange& change : changes.calls) {
    ordered_json archs = ordered_json::array();
    for (const uint32_t arch : change.archs) archs.push_back(ArchName(arch));
    ordered_json args = ordered_json::array();
    for (const uint64_t arg : change.call.args) {
      args.push_back(fmt::format("{:#x}", arg));
    }
    calls.push_back(
        {{"change", Word(change.kind)},
         {"loosening", change.loosening},
         {"call", change.what},
         {"architectures", archs},
         {"first_number", change.numbers.first},
         {"last_number", change.numbers.last},
         {"arguments", args},
         {"before", AnswerJson(change.before, change.before_source)},
         {"after", AnswerJson(change.after, change.after_source)}});
  }
  ordered_json layers = ordered_json::array();
  for (const prove::LayerChange& change : changes.layers) {
    layers.push_back({{"layer", change.layer},
                      {"change", Word(change.direction)},
                      {"what", change.what}});
  }
  return {
      {"subject", subject},     {"loosening", changes.Loosens()},
      {"calls", calls},         {"layers", layers},
      {"notes", changes.notes}, {"breaches_its_ceiling", !breaches.empty()}};
}

// One pair of versions after the other.
class Diff {
 public:
  explicit Diff(const DiffOptions& options) : options_(options) {}

  void Pair(const std::string& subject, const Place& before,
            const Place& after) {
    const auto was = Load(before, options_.profiles);
    const auto is = Load(after, options_.profiles);
    for (const auto* side : {&was, &is}) {
      if (*side) continue;
      std::fputs(side->error().text.c_str(), stderr);
      exit_.Add(side->error().exit_code);
    }
    if (!was || !is) return;
    const auto changes = FindChanges(*was, *is);
    if (!changes) {
      std::fprintf(stderr, "error: undecided: %s\n",
                   syntax::Escape(changes.error().why).c_str());
      exit_.Add(5);
      return;
    }
    if (options_.fail_on_loosening &&
        (changes->Loosens() || !is->breaches.empty())) {
      exit_.Add(1);
    }
    if (options_.format == "json") {
      json_.push_back(Json(subject, *changes, is->breaches));
      return;
    }
    if (!subject.empty()) fmt::print("{}\n", syntax::Escape(subject));
    fmt::print("{}", ChangesText(*changes));
    if (!is->breaches.empty()) {
      fmt::print("the new version breaks its ceiling:\n{}", is->breaches);
    }
  }

  // Two folders of levels, by name.
  void Folders(const Place& before, const Place& after) {
    const auto was = LevelFiles(before);
    const auto is = LevelFiles(after);
    if (!was || !is) return;
    for (const std::string& name : *was) {
      if (std::ranges::find(*is, name) == is->end()) Lone(name, "removed");
    }
    for (const std::string& name : *is) {
      if (std::ranges::find(*was, name) == was->end()) {
        Lone(name, "added");
      } else {
        Pair(name, Beside(before, name), Beside(after, name));
      }
    }
  }

  int Finish() {
    if (options_.format == "json") {
      fmt::print("{}\n", ordered_json{{"diffs", json_}}.dump(2));
    }
    return exit_.code();
  }

  void Fail(int exit_code, const std::string& why) {
    std::fprintf(stderr, "error: %s\n", syntax::Escape(why).c_str());
    exit_.Add(exit_code);
  }

 private:
  std::optional<std::vector<std::string>> LevelFiles(const Place& folder) {
    auto names = NamesIn(folder);
    if (!names) {
      Fail(kBadUsage, names.error());
      return std::nullopt;
    }
    std::erase_if(*names, [](const std::string& name) {
      return !name.ends_with(".yaml");
    });
    return *std::move(names);
  }

  void Lone(const std::string& name, const char* what) {
    if (options_.format == "json") {
      json_.push_back({{"subject", name}, {"file", what}});
    } else {
      fmt::print("{}: {}\n", syntax::Escape(name), what);
    }
  }

  const DiffOptions& options_;
  ExitCode exit_;
  ordered_json json_ = ordered_json::array();
};

int RunDiff(const DiffOptions& options) {
  Diff diff(options);
  const Place before = PlaceOf(options.before);
  const Place after = PlaceOf(options.after);
  const auto was = KindOf(before);
  const auto is = KindOf(after);
  if (!was) diff.Fail(kBadUsage, was.error());
  if (!is) diff.Fail(kBadUsage, is.error());
  if (was && is && *was != *is) {
    diff.Fail(kBadUsage, "one of the two is a folder, the other a file");
  } else if (was && is && *was == PlaceKind::kFolder) {
    diff.Folders(before, after);
  } else if (was && is) {
    diff.Pair("", before, after);
  }
  return diff.Finish();
}

}  // namespace

int RunDiff(int argc, char** argv) {
  DiffOptions options;
  CLI::App app("Say what a change of a policy means", "ringfence diff");
  app.add_option("old", options.before,
                 "A profile, a workload, a bundle, a BPF program, an OCI "
                 "seccomp profile, or a folder of profiles")
      ->type_name("FILE|DIR|REV:PATH")
      ->required();
  app.add_option("new", options.after, "Its new version")
      ->type_name("FILE|DIR|REV:PATH")
      ->required();
  app.add_flag("--fail-on-loosening", options.fail_on_loosening,
               "Exit with 1 if anything is looser than before");
  AddFormatOption(app, options.format);
  AddProfilesOption(app, options.profiles);
  if (const auto ended = ParseOptions(app, argc, argv)) return *ended;
  return RunDiff(options);
}

}  // namespace ringfence::cli
