#include "cli/build.h"

#include <fcntl.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "cli/apparmor_check.h"
#include "cli/proving.h"
#include "cli/selinux_check.h"
#include "compile/capabilities.h"
#include "compile/landlock.h"
#include "compile/limits.h"
#include "compile/mounts.h"
#include "compile/seccomp.h"
#include "launch/refusal.h"
#include "pack/pack.h"
#include "resolve/host.h"
#include "syntax/parse.h"
#include "sys/file.h"
#include "sys/user.h"

namespace ringfence::cli {
namespace {

// Where a program that runs in place of a workload's stands inside.
constexpr char kInstead[] = "/.ringfence-program";

// One byte more than the parser takes, so that it is the parser who says that
// a file is too large, in its own words.
constexpr size_t kReadLimit = syntax::kMaxFileBytes + 1;
// Most files fit in one step; a buffer of the limit would be filled for each.
constexpr size_t kStep = 64u << 10;

Result<std::string> ReadSome(const std::string& path) {
  RF_ASSIGN(const UniqueFd file, sys::Open(path.c_str(), O_RDONLY));
  std::string text;
  while (text.size() < kReadLimit) {
    const size_t size = text.size();
    text.resize(std::min(size + kStep, kReadLimit));
    RF_ASSIGN(
        const size_t more,
        sys::Read(file.get(), std::as_writable_bytes(std::span(
                                  text.data() + size, text.size() - size))));
    text.resize(size + more);
    if (more == 0) break;
  }
  return text;
}

std::vector<std::string> Paths(const std::vector<syntax::Text>& texts) {
  std::vector<std::string> paths;
  for (const syntax::Text& text : texts) paths.push_back(text.value);
  return paths;
}

}  // namespace

std::optional<syntax::Document> Build::ParseFile(const std::string& path) {
  auto text = ReadSome(path);
  if (!text) {
    Fail("cannot read " + path + ": " + launch::Describe(text.error()), {});
    return std::nullopt;
  }
  return ParseText(*text, path);
}

std::optional<syntax::Document> Build::ParseText(const std::string& text,
                                                 const std::string& name) {
  sources_[name] = text;
  return syntax::Parse(text, name, diagnostics_);
}

std::optional<Compiled> Build::Workload(const syntax::Document& document) {
  std::optional<Compiled> compiled = Arrange(document);
  if (!compiled) return std::nullopt;
  auto filters = Filters(compiled->confinement.seccomp, compiled->proofs);
  if (!filters) return std::nullopt;
  compiled->filters = *std::move(filters);
  compiled->bundle = pack::Pack({.confinement = compiled->confinement,
                                 .view = compiled->view,
                                 .landlock = compiled->landlock,
                                 .resource_limits = compiled->resource_limits,
                                 .capabilities = compiled->capabilities,
                                 .filters = compiled->filters,
                                 .proofs = compiled->proofs});
  return compiled;
}

std::optional<Compiled> Build::Arrange(const syntax::Document& document) {
  auto confinement =
      resolve::ResolveWorkload(document, known_, Finder(), diagnostics_);
  if (!confinement) return std::nullopt;
  if (!instead_.empty()) {
    confinement->command = {kInstead};
    confinement->view.push_back({.kind = model::ViewEntry::Kind::kBind,
                                 .at = kInstead,
                                 .rights = {.read = true, .execute = true},
                                 .host = instead_,
                                 .text = "",
                                 .source = {}});
  }
  Compiled compiled{.confinement = *std::move(confinement)};
  auto view = compile::CompileMounts(compiled.confinement);
  if (!view) {
    Fail(view.error().why, view.error().source);
    return std::nullopt;
  }
  compiled.view = *std::move(view);
  compiled.landlock =
      compile::CompileLandlock(compiled.confinement, compiled.view);
  compiled.resource_limits =
      compile::CompileLimits(compiled.confinement.limits);
  const auto capabilities =
      compile::CompileCapabilities(compiled.confinement.capabilities);
  if (!capabilities) {
    Fail(capabilities.error().why, capabilities.error().source);
    return std::nullopt;
  }
  compiled.capabilities = *capabilities;
  compiled.apparmor = compile::CompileAppArmor(compiled.confinement,
                                               compiled.view, apparmor_abi_);
  compiled.selinux =
      compile::CompileSelinux(compiled.confinement, compiled.view);
  return compiled;
}

std::optional<model::HostPolicy> Build::Host(const syntax::Document& document) {
  const auto groups = sys::ReadGroups();
  const auto find_group =
      [&](std::string_view name) -> std::optional<model::HostGid> {
    const auto gid = groups ? sys::IdOf(*groups, name) : std::nullopt;
    if (!gid) return std::nullopt;
    return model::HostGid(*gid);
  };
  return resolve::ResolveHost(document, Finder(), find_group, diagnostics_);
}

std::optional<resolve::Gate> Build::Gate(const syntax::Document& document) {
  return resolve::ResolveGate(document, Finder(), diagnostics_);
}

std::vector<check::KnownWaiver> Build::Waivers(
    std::span<const syntax::Document> documents,
    std::span<const resolve::Gate> gates, const check::FindSubject& find,
    const syntax::Date& today) {
  check::RefuseEqualNames(gates, diagnostics_);
  return check::ResolveWaivers(documents, gates, find, today, diagnostics_);
}

std::optional<resolve::ResolvedLevel> Build::Level(
    const syntax::Document& document) {
  return Remember(resolve::ResolveLevel(document, Finder(), diagnostics_));
}

std::optional<resolve::ResolvedLevel> Build::Level(std::string_view name) {
  return Remember(resolve::ResolveLevel(name, Finder(), diagnostics_));
}

std::optional<resolve::ResolvedLevel> Build::Remember(
    std::optional<resolve::ResolvedLevel> level) {
  if (level) warnings_ = level->warnings;
  return level;
}

std::string Build::Warnings(syntax::Colour colour) const {
  return syntax::Render(warnings_, sources_, colour);
}

std::optional<std::vector<evaluate::Confirmed>> Build::Filters(
    const std::vector<model::SeccompPolicy>& policies,
    std::vector<bundle::FilterProof>& proofs) {
  std::vector<evaluate::Confirmed> filters;
  for (const model::SeccompPolicy& policy : policies) {
    auto program = compile::CompileSeccomp(policy);
    if (!program) {
      Fail(program.error().why, program.error().source);
      return std::nullopt;
    }
    auto confirmed = evaluate::Confirm(policy, *std::move(program));
    if (!confirmed) {
      exit_code_ = kRefuted;
      Fail(
          "the emitted filter is wrong, a bug in Ringfence; nothing was "
          "written: " +
              evaluate::Describe(confirmed.error()),
          confirmed.error().source);
      return std::nullopt;
    }
    auto proof = ProveFilter(policy, confirmed->program());
    if (!proof) {
      exit_code_ = proof.error().exit_code;
      Fail(proof.error().why, {});
      return std::nullopt;
    }
    proofs.push_back(*proof);
    filters.push_back(*std::move(confirmed));
  }
  return filters;
}

compile::AppArmorProfile Build::AppArmor(
    const resolve::ResolvedLevel& level) const {
  return compile::CompileAppArmor(
      {level.name, Paths(level.ceilings.may_execute), level.capabilities,
       level.seccomp.front()},
      apparmor_abi_);
}

std::optional<compile::SelinuxModule> Build::Selinux(
    const std::string& name, std::vector<resolve::ResolvedLevel> levels) {
  // What is appended is looked at, too.
  for (size_t i = 0; i < levels.size(); ++i) {
    for (const std::string& above : std::vector(levels[i].chain)) {
      if (std::ranges::find(levels, above, &resolve::ResolvedLevel::name) !=
          levels.end()) {
        continue;
      }
      auto level = resolve::ResolveLevel(above, Finder(), diagnostics_);
      if (!level) return std::nullopt;
      levels.push_back(*std::move(level));
    }
  }
  std::ranges::sort(levels, {}, [](const resolve::ResolvedLevel& level) {
    return std::pair(level.chain.size(), level.name);
  });
  std::vector<compile::SelinuxLevel> all;
  for (const resolve::ResolvedLevel& level : levels) {
    all.push_back(
        {.name = level.name,
         .above = {level.chain.begin() + 1, level.chain.end()},
         .may_execute = Paths(level.ceilings.may_execute),
         .capabilities = level.capabilities,
         .seccomp = level.seccomp.front(),
         .source = {level.span.file, level.span.line, level.span.column}});
  }
  return compile::CompileSelinux(name, all);
}

bool Build::Accepted(const std::vector<compile::SelinuxModule>& modules) {
  const auto checked = CheckSelinux(modules);
  if (!checked) Fail(checked.error().why, checked.error().source);
  return checked.has_value();
}

bool Build::Accepted(const compile::AppArmorProfile& profile) {
  const auto checked = CheckAppArmor(profile, apparmor_abi_);
  if (!checked) {
    Fail(checked.error().why, checked.error().source);
    return false;
  }
  if (*checked == AppArmorCheck::kNotInstalled) {
    std::fprintf(stderr,
                 "note: the AppArmor profile %s was not checked: no "
                 "apparmor_parser of its ABI is installed\n",
                 profile.name.c_str());
  }
  return true;
}

std::optional<model::TrustLevel> Build::TrustLevel(
    const syntax::Text& name, const std::optional<syntax::Text>& tenant) {
  if (!Finder()(resolve::FileKind::kTrustLevel, name.value)) {
    diagnostics_.Add({.code = syntax::Code::kUnknownLevel,
                      .message = "there is no trust level `" + name.value + "`",
                      .span = name.span,
                      .label = "no profile has this name",
                      .notes = {},
                      .help = "put " + name.value +
                              ".yaml into a folder of profiles, or correct "
                              "the name"});
    return std::nullopt;
  }
  const auto level = Level(name.value);
  if (!level) return std::nullopt;
  return model::TrustLevel{.name = level->name,
                           .tenant = tenant ? tenant->value : "",
                           .colocate = level->colocate.value};
}

std::optional<syntax::Deployment> Build::Deployment(const std::string& path) {
  auto text = ReadSome(path);
  if (!text) {
    Fail("cannot read " + path + ": " + launch::Describe(text.error()), {});
    return std::nullopt;
  }
  if (!syntax::LooksLikeDeployment(*text)) return std::nullopt;
  sources_[path] = *text;
  return syntax::ReadDeployment(*text, path, diagnostics_);
}

void Build::RefuseTwice(const syntax::Text& again, const syntax::Span& first) {
  diagnostics_.Add({.code = syntax::Code::kNamedTwice,
                    .message = "`" + again.value + "` is given twice",
                    .span = again.span,
                    .label = "given again here",
                    .notes = {{"first given here", first}},
                    .help = "remove or rename one of the two"});
}

void Build::RefuseKind(const syntax::Document& document,
                       const std::string& kind) {
  diagnostics_.Add({.code = syntax::Code::kWrongKindOfFile,
                    .message = "this is not a " + kind,
                    .span = document.kind,
                    .label = "",
                    .notes = {},
                    .help = "a file with `kind: " + kind + "` belongs here"});
}

std::string Build::Breaches(const std::string& file,
                            syntax::Colour colour) const {
  syntax::Diagnostics breaches;
  for (const syntax::Diagnostic& breach : diagnostics_.breaches()) {
    if (breach.span.file == file) breaches.Add(breach);
  }
  return syntax::Render(breaches, sources_, colour);
}

std::string Build::Problems(syntax::Colour colour) const {
  return syntax::Render(diagnostics_, sources_, colour) + failures_;
}

resolve::FoundFile Build::Found(const std::string& name, std::string text) {
  sources_[name] = text;
  std::shared_ptr<const syntax::Document>& known = parsed_[name];
  if (!known || known->text != text) {
    // What is wrong with it is for whoever needs the file to say.
    syntax::Diagnostics problems;
    auto parsed = syntax::Parse(text, name, problems);
    known = parsed && problems.empty()
                ? std::make_shared<const syntax::Document>(*std::move(parsed))
                : nullptr;
  }
  return {name, std::move(text), known};
}

resolve::FindFile Build::Finder() {
  return [this](resolve::FileKind kind,
                std::string_view name) -> std::optional<resolve::FoundFile> {
    const std::string file =
        std::string(kind == resolve::FileKind::kSyscallGroup ? "groups/" : "");
    if (first_) {
      const Place place = Beside(*first_, file + std::string(name) + ".yaml");
      if (auto text = ReadPlace(place, kReadLimit)) {
        return Found(place.Name(), *std::move(text));
      }
    }
    std::string closed;
    for (const std::string& folder : folders_) {
      std::error_code error;
      const auto path = std::filesystem::canonical(
          folder + "/" + file + std::string(name) + ".yaml", error);
      if (error) {
        if (closed.empty() && error != std::errc::no_such_file_or_directory &&
            error != std::errc::not_a_directory) {
          closed = folder + ": " + error.message();
        }
        continue;
      }
      // What cannot be looked into may hold it, and this be another one of
      // that name.
      if (!closed.empty()) {
        Fail("cannot look for " + std::string(name) + " in " + closed, {});
        return std::nullopt;
      }
      auto text = ReadSome(path);
      if (!text) {
        Fail("cannot read " + path.string() + ": " +
                 launch::Describe(text.error()),
             {});
        return std::nullopt;
      }
      return Found(path.string(), *std::move(text));
    }
    return std::nullopt;
  };
}

void Build::Fail(const std::string& why, const model::Source& source) {
  failures_ += "error: ";
  if (source.line != 0) {
    failures_ += source.file + ":" + std::to_string(source.line) + ": ";
  }
  failures_ += syntax::Escape(why) + "\n";
}

}  // namespace ringfence::cli
