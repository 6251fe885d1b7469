#include "cli/load.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <set>
#include <utility>

#include "check/subject.h"
#include "cli/build.h"
#include "cli/complain.h"
#include "cli/install.h"
#include "cli/layers_of.h"
#include "oci/import.h"
#include "resolve/syscall_table.h"

namespace ringfence::cli {
namespace {

constexpr size_t kMaxFile = size_t{8} << 20;

LoadError NotReadable(const std::string& why) {
  return {kBadUsage, "error: " + syntax::Escape(why) + "\n"};
}

LoadError Bad(const Place& place, const std::string& why) {
  return {3, "error: " + syntax::Escape(place.Name()) + ": " +
                 syntax::Escape(why) + "\n"};
}

bool IsBundle(std::string_view text) {
  return text.starts_with(
      std::string_view(bundle::kMagic, sizeof bundle::kMagic));
}

bool IsProgram(const Place& place, std::string_view text) {
  return place.path.ends_with(".bpf") || text.contains('\0');
}

std::expected<Loaded, LoadError> LoadBundle(const Place& place,
                                            std::string_view text) {
  auto opened = bundle::Open(
      std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
  if (!opened) return std::unexpected(Bad(place, opened.error().why));
  Loaded loaded{.name = place.Name(), .kind = Loaded::Kind::kBundle};
  loaded.layers = LayersOf(*opened);
  loaded.bundle = *std::move(opened);
  return loaded;
}

std::expected<Loaded, LoadError> LoadProgram(const Place& place,
                                             std::string_view text) {
  auto program = ParseProgram(text);
  if (!program) return std::unexpected(Bad(place, program.error()));
  Loaded loaded{.name = place.Name(), .kind = Loaded::Kind::kProgram};
  loaded.programs.push_back(*std::move(program));
  return loaded;
}

// What the supervisor answers, by number. A bundle lists it for its first
// filter's architecture; calls have the same names on the others.
std::map<uint32_t, uint16_t> ExplainedOn(uint32_t arch,
                                         const bundle::Bundle& bundle) {
  std::map<std::string_view, uint16_t> by_name;
  std::set<uint16_t> errors;
  for (const model::DeniedCall& call : bundle.denials.calls) {
    if (call.error == 0) continue;
    by_name[call.name] = call.error;
    errors.insert(call.error);
  }
  std::map<uint32_t, uint16_t> explained;
  for (const resolve::Syscall& call : resolve::Syscalls(arch)) {
    const auto named = by_name.find(call.name);
    if (named != by_name.end()) {
      explained[call.number] = named->second;
    } else if (errors.size() == 1) {
      explained[call.number] = *errors.begin();
    }
  }
  return explained;
}

std::vector<prove::Filter> FiltersOf(const Loaded& loaded) {
  std::vector<prove::Filter> filters;
  for (const auto& code : loaded.programs) filters.push_back({code, {}});
  return filters;
}

// A profile of Docker, Podman or an OCI runtime is an object of JSON; a file of
// ours never begins so.
bool IsJson(std::string_view text) {
  const size_t start = text.find_first_not_of(" \t\r\n");
  return start != std::string_view::npos && text[start] == '{';
}

std::expected<Loaded, LoadError> LoadOci(const Place& place,
                                         const std::string& text) {
  syntax::Diagnostics diagnostics;
  auto imported = oci::ImportOci(text, place.Name(), {}, diagnostics);
  if (!imported) {
    return std::unexpected(LoadError{
        3, syntax::Render(diagnostics, {{place.Name(), text}}, ErrorColour())});
  }
  Loaded loaded{.name = place.Name(), .kind = Loaded::Kind::kOci};
  loaded.policies.push_back(std::move(imported->policy));
  return loaded;
}

std::expected<Loaded, LoadError> LoadYaml(
    const Place& place, const std::string& text, const std::string& profiles,
    const std::vector<std::string>& folders) {
  Build build(ProfileFolders(profiles));
  if (profiles.empty()) {
    build.LookFirstIn(Parent(place));
    build.LookAlsoIn(folders);
  }
  build.ApplyLoosening();
  const auto failed = [&] {
    return std::unexpected(
        LoadError{build.ExitCode(), build.Problems(ErrorColour())});
  };
  Loaded loaded{.name = place.Name()};
  const auto document = build.ParseText(text, place.Name());
  if (!document) return failed();
  if (std::holds_alternative<syntax::TrustLevel>(document->content)) {
    auto level = build.Level(*document);
    if (!level) return failed();
    loaded.kind = Loaded::Kind::kLevel;
    loaded.layers = LayersOf(*level);
    loaded.policies = std::move(level->seccomp);
  } else {
    auto arranged = build.Arrange(*document);
    if (!arranged) return failed();
    loaded.kind = Loaded::Kind::kWorkload;
    loaded.layers = LayersOf(*arranged);
    loaded.policies = std::move(arranged->confinement.seccomp);
  }
  loaded.breaches = build.Breaches(place.Name(), ErrorColour());
  return loaded;
}

}  // namespace

std::expected<std::vector<bpf::Instruction>, std::string> ParseProgram(
    std::string_view bytes) {
  constexpr size_t kSize = sizeof(bpf::Instruction);
  if (bytes.size() % kSize != 0) {
    return std::unexpected("it ends within instruction " +
                           std::to_string(bytes.size() / kSize) + ": " +
                           std::to_string(bytes.size()) +
                           " bytes are no whole number of instructions of 8");
  }
  std::vector<bpf::Instruction> code(bytes.size() / kSize);
  if (!code.empty()) std::memcpy(code.data(), bytes.data(), bytes.size());
  if (const auto accepted = bpf::Accepts(code); !accepted) {
    return std::unexpected("the kernel would refuse it at instruction " +
                           std::to_string(accepted.error().at) + ": " +
                           accepted.error().why);
  }
  return code;
}

std::expected<Loaded, LoadError> Load(const Place& place,
                                      const std::string& profiles,
                                      const std::vector<std::string>& folders) {
  const auto kind = KindOf(place);
  if (!kind) return std::unexpected(NotReadable(kind.error()));
  if (*kind == PlaceKind::kFolder) {
    return std::unexpected(NotReadable(place.Name() + " is a folder"));
  }
  const auto text = ReadPlace(place, kMaxFile);
  if (!text) return std::unexpected(NotReadable(text.error()));
  if (IsBundle(*text)) return LoadBundle(place, *text);
  if (IsProgram(place, *text)) return LoadProgram(place, *text);
  if (IsJson(*text)) return LoadOci(place, *text);
  return LoadYaml(place, *text, profiles, folders);
}

prove::Subject SubjectOf(const Loaded& loaded, prove::Reading reading) {
  if (loaded.kind == Loaded::Kind::kProgram) {
    return prove::Subject::Stack(FiltersOf(loaded));
  }
  if (loaded.kind != Loaded::Kind::kBundle) {
    return prove::Subject::Policies(loaded.policies, reading);
  }
  std::map<uint32_t, prove::Filter> filters;
  for (const bpf::Program& program : loaded.bundle->filters) {
    prove::Filter filter{program.code(), {}};
    if (reading == prove::Reading::kSeen) {
      filter.explained = ExplainedOn(program.arch(), *loaded.bundle);
    }
    filters.emplace(program.arch(), std::move(filter));
  }
  return prove::Subject::PerArch(std::move(filters));
}

std::vector<uint32_t> ArchsOf(const Loaded& loaded) {
  std::set<uint32_t> archs;
  for (const auto& policy : loaded.policies) archs.insert(policy.arch);
  if (loaded.kind == Loaded::Kind::kBundle) {
    for (const bpf::Program& program : loaded.bundle->filters) {
      archs.insert(program.arch());
    }
  }
  for (const auto& code : loaded.programs) {
    // What it compares the architecture with.
    bool is_arch = false;
    for (const bpf::Instruction& in : code) {
      if (BPF_CLASS(in.code) == BPF_LD) {
        is_arch = in.code == (BPF_LD | BPF_W | BPF_ABS) &&
                  in.k == offsetof(seccomp_data, arch);
      } else if (is_arch && in.code == (BPF_JMP | BPF_JEQ | BPF_K)) {
        archs.insert(in.k);
      }
    }
  }
  return {archs.begin(), archs.end()};
}

model::Source SourceOf(const Loaded& loaded,
                       const evaluate::SeccompData& call) {
  if (loaded.bundle && call.arch == loaded.bundle->filters.front().arch()) {
    const model::Denials& denials = loaded.bundle->denials;
    const model::DeniedCall* denied = model::Find(denials, call.nr);
    if (denied == nullptr || denied->at.line == 0) return {};
    return {denials.files[denied->at.file], denied->at.line, 0};
  }
  return check::SourceOf(
      loaded.policies,
      {.number = call.nr, .arch = call.arch, .args = call.args});
}

}  // namespace ringfence::cli
