#include "resolve/view.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>

#include "resolve/default_view.h"
#include "resolve/names.h"
#include "resolve/paths.h"
#include "syntax/quantity.h"

namespace ringfence::resolve {
namespace {

using model::ViewEntry;
using syntax::Code;
using syntax::Text;

// Trees of the host that are never shown. /var/run is a link to /run.
constexpr std::array<std::string_view, 5> kHostTrees{"/run", "/tmp", "/dev",
                                                     "/proc", "/sys"};
constexpr std::string_view kHostRunLink = "/var/run";

// Places inside that Ringfence makes.
constexpr std::array<std::string_view, 7> kOwnPlaces{
    "/dev", "/proc", "/sys", "/bin", "/sbin", "/lib", "/lib64"};

constexpr model::Rights kReadWrite{.read = true, .write = true};

class View {
 public:
  View(const ResolvedLevel& level, syntax::Diagnostics& diagnostics)
      : level_(level), diagnostics_(diagnostics) {}

  void Bind(const syntax::Bind& bind, bool write) {
    const std::string host = Normalise(bind.host.value);
    const std::optional<Text> at = Inside(bind, host);
    if (!CheckHost(bind.host, host) || !at) return;
    ViewEntry entry;
    entry.at = at->value;
    entry.host = host;
    entry.rights.read = true;
    entry.rights.write = write;
    entry.rights.execute = bind.execute && bind.execute->value;
    if (bind.create) {
      entry.create = true;
      entry.mode = bind.create->value;
    }
    if (!CheckPlace(*at)) return;
    const LevelCeilings& ceilings = level_.ceilings;
    if (write) {
      CheckCeiling(*at, ceilings.may_write, ceilings.write_span, "write");
    } else {
      CheckCeiling(*at, ceilings.may_read, ceilings.read_span, "read");
    }
    if (entry.rights.execute) {
      CheckCeiling({at->value, bind.execute->span}, ceilings.may_execute,
                   ceilings.execute_span, "execute");
    }
    Add(std::move(entry), at->span);
  }

  void Scratch(const syntax::Scratch& scratch) {
    if (!CheckPlace(scratch.at)) return;
    ViewEntry entry;
    entry.kind = ViewEntry::Kind::kScratch;
    entry.at = scratch.at.value;
    entry.rights = kReadWrite;
    entry.size = scratch.size ? scratch.size->value : kDefaultScratch;
    entry.mode = entry.at == "/tmp" ? 01777 : 0700;
    Add(std::move(entry), scratch.at.span);
  }

  // The defaults that nothing of the workload's replaces.
  void AddDefaults(std::vector<ViewEntry> defaults) {
    for (ViewEntry& entry : defaults) {
      const bool replaced = std::ranges::any_of(
          places_,
          [&](const auto& place) { return IsInside(entry.at, place.first); });
      if (!replaced) entries_.push_back(std::move(entry));
    }
  }

  std::vector<ViewEntry> Take() {
    // By whole components: / comes before every other character.
    const auto key = [](const ViewEntry& entry) {
      std::string path = entry.at;
      std::ranges::replace(path, '/', '\1');
      return path;
    };
    std::ranges::sort(entries_, {}, key);
    return std::move(entries_);
  }

 private:
  void Report(Code code, std::string message, const Span& span,
              std::string label, std::vector<syntax::Note> notes,
              std::string help) {
    diagnostics_.Add({code, std::move(message), span, std::move(label),
                      std::move(notes), std::move(help)});
  }

  // Where a bind shows: `at`, or the host path if that is absolute.
  std::optional<Text> Inside(const syntax::Bind& bind,
                             const std::string& host) {
    if (bind.at) return *bind.at;
    if (host.starts_with('/')) return Text{host, bind.host.span};
    Report(Code::kNeedsInsidePath,
           Quote(bind.host.value) + " is relative and has no place inside",
           bind.host.span, "where shall the workload see it?", {},
           "write {host: " + bind.host.value + ", at: /path/inside}");
    return std::nullopt;
  }

  bool CheckHost(const Text& written, const std::string& host) {
    const bool refused =
        IsInside(host, kHostRunLink) ||
        std::ranges::any_of(kHostTrees, [&](std::string_view tree) {
          return IsInside(host, tree) || IsInside(tree, host);
        });
    if (!refused) return true;
    Report(Code::kHostPathRefused,
           Quote(written.value) + " of the host is never shown in a sandbox",
           written.span, "", {},
           "/run, /tmp, /dev, /proc and /sys hold sockets, devices and other "
           "programs' files; use `scratch` for an empty directory");
    return false;
  }

  bool CheckPlace(const Text& at) {
    const bool own =
        at.value == "/" ||
        std::ranges::any_of(kOwnPlaces, [&](std::string_view place) {
          return IsInside(at.value, place);
        });
    if (!own) return true;
    Report(Code::kInsidePathRefused,
           Quote(at.value) + " of the sandbox is made by Ringfence", at.span,
           "nothing can be put here", {},
           IsInside(at.value, "/dev/shm")
               ? "`filesystem.shm` sets the size of /dev/shm"
               : "");
    return false;
  }

  void CheckCeiling(const Text& at, const std::vector<Text>& trees,
                    const Span& list, const std::string& verb) {
    const bool inside = std::ranges::any_of(trees, [&](const Text& tree) {
      return IsInside(at.value, tree.value);
    });
    if (inside) return;
    std::string listed;
    for (const Text& tree : trees) {
      listed += (listed.empty() ? "" : ", ") + tree.value;
    }
    // The entry stays: what is refused has no view at all.
    (void)diagnostics_.RefusesLoosening(
        {Code::kAboveCeiling,
         "level " + Quote(level_.name) + " does not let a workload " + verb +
             " " + Quote(at.value),
         at.span,
         "outside may_" + verb,
         {{"the ceiling is set here", list}},
         listed.empty() ? "the level allows no path"
                        : "choose a place inside " + listed});
  }

  void Add(ViewEntry entry, const Span& span) {
    const auto [place, inserted] = places_.emplace(entry.at, span);
    if (!inserted) {
      Report(Code::kMountedTwice, Quote(entry.at) + " is used twice", span,
             "again here", {{"first used here", place->second}},
             "give one of them another place");
      return;
    }
    entry.source = ToSource(span);
    entries_.push_back(std::move(entry));
  }

  const ResolvedLevel& level_;
  syntax::Diagnostics& diagnostics_;
  std::vector<ViewEntry> entries_;
  std::map<std::string, Span> places_;
};

}  // namespace

std::vector<ViewEntry> ResolveView(const syntax::Workload& workload,
                                   const ResolvedLevel& level,
                                   const model::User& user,
                                   syntax::Diagnostics& diagnostics) {
  const syntax::Filesystem& filesystem = workload.filesystem;
  View view(level, diagnostics);
  for (const syntax::Bind& bind : filesystem.read) view.Bind(bind, false);
  for (const syntax::Bind& bind : filesystem.write) view.Bind(bind, true);
  for (const syntax::Scratch& scratch : filesystem.scratch) {
    view.Scratch(scratch);
  }
  const uint64_t shm = filesystem.shm ? filesystem.shm->value : kDefaultScratch;
  view.AddDefaults(DefaultView(level.ceilings, user, shm));
  return view.Take();
}

bool CheckProgram(const Text& program, const std::vector<ViewEntry>& view,
                  syntax::Diagnostics& diagnostics) {
  if (const auto good = syntax::CheckInsidePath(program.value); !good) {
    diagnostics.Add({Code::kBadPath,
                     good.error().message,
                     program.span,
                     "the program",
                     {},
                     "a program is named by its absolute path inside the "
                     "sandbox"});
    return false;
  }
  // The links of the default view are followed by their text.
  std::string path = program.value;
  for (const ViewEntry& entry : view) {
    if (entry.kind == ViewEntry::Kind::kSymlink && IsInside(path, entry.at)) {
      path = "/" + entry.text + path.substr(entry.at.size());
      break;
    }
  }
  // Entries are sorted, so the last that holds the path is the deepest.
  const ViewEntry* deepest = nullptr;
  for (const ViewEntry& entry : view) {
    if (IsInside(path, entry.at)) deepest = &entry;
  }
  if (deepest != nullptr && deepest->rights.execute) return true;
  std::vector<syntax::Note> notes;
  if (deepest != nullptr && deepest->source.line != 0) {
    const model::Source& source = deepest->source;
    notes.push_back({"it lies below this entry",
                     {source.file, source.line, source.column,
                      static_cast<uint32_t>(deepest->at.size())}});
  }
  diagnostics.Add(
      {Code::kProgramNotExecutable,
       Quote(program.value) + " could not be executed in the sandbox",
       program.span,
       deepest == nullptr ? "nothing is shown there" : "not executable there",
       std::move(notes),
       "programs are executed from /usr, or from an entry of `filesystem` with "
       "`execute: true`"});
  return false;
}

}  // namespace ringfence::resolve
