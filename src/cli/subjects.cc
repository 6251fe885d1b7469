#include "cli/subjects.h"

#include <utility>

#include "cli/layers_of.h"
#include "syntax/schema.h"

namespace ringfence::cli {
namespace {

using check::Amount;
using check::Asked;
using check::Subject;
using syntax::Span;

template <typename Enum>
std::string Word(Enum value, std::span<const std::string_view> words) {
  return std::string(words[static_cast<size_t>(value)]);
}

Span SpanOf(const model::Source& source) {
  return {source.line == 0 ? "" : source.file, source.line, source.column, 1};
}

std::optional<uint64_t> AmountOf(const model::CgroupLimit& limit) {
  if (limit.amount == 0) return std::nullopt;
  return limit.amount;
}

std::vector<Asked> Modules(const model::MandatoryAccess& access,
                           const Span& at) {
  std::vector<Asked> modules;
  if (access.apparmor) modules.push_back({"apparmor", at});
  if (access.selinux) modules.push_back({"selinux", at});
  if (access.landlock) modules.push_back({"landlock", at});
  return modules;
}

std::vector<Asked> Texts(const std::vector<syntax::Text>& texts) {
  std::vector<Asked> out;
  for (const syntax::Text& text : texts) out.push_back({text.value, text.span});
  return out;
}

Subject SubjectOf(const resolve::ResolvedLevel& level,
                  const std::string& file) {
  Subject subject{.file = file,
                  .name = level.name,
                  .is_level = true,
                  .levels = level.chain,
                  .policies = level.seccomp,
                  .ceilings = LayersOf(level),
                  .bounds = BoundsOf(level),
                  .dangerous = level.dangerous,
                  .tests = level.tests,
                  .span = level.span};
  check::Bounded& bounded = subject.bounded;
  for (const std::string& name : level.capabilities) {
    bounded.capabilities.push_back({name, level.capabilities_span});
  }
  bounded.may_read = Texts(level.ceilings.may_read);
  bounded.may_write = Texts(level.ceilings.may_write);
  bounded.may_execute = Texts(level.ceilings.may_execute);
  for (const auto& mode : level.modes) {
    bounded.modes.push_back(
        {Word(mode.value, syntax::NetworkModeWords()), mode.span});
  }
  bounded.modules =
      Modules(level.mandatory_access, level.mandatory_access_span);
  bounded.processes = {level.processes.value, level.processes.span};
  bounded.open_files = {level.open_files.value, level.open_files.span};
  bounded.memory = {AmountOf(level.memory.limit), level.memory.max_span};
  bounded.cpu = {AmountOf(level.cpu.limit), level.cpu.max_span};
  bounded.disk_read = {AmountOf(level.disk_read.limit),
                       level.disk_read.max_span};
  bounded.disk_write = {AmountOf(level.disk_write.limit),
                        level.disk_write.max_span};
  bounded.colocate = level.colocate.value;
  bounded.colocate_at = level.colocate.span;
  return subject;
}

// The place of an optional value of the file.
template <typename T>
Span PlaceOf(const std::optional<syntax::Spanned<T>>& value) {
  return value ? value->span : Span{};
}

Subject SubjectOf(const syntax::Workload& own, const Compiled& arranged,
                  const Subject& level, const std::string& file) {
  const model::Confinement& c = arranged.confinement;
  Subject subject{.file = file,
                  .name = c.name,
                  .levels = level.levels,
                  .policies = c.seccomp,
                  .bounds = BoundsOf(arranged),
                  .dangerous = level.dangerous,
                  .span = own.trust.span};
  check::Bounded& bounded = subject.bounded;
  for (const std::string& name : c.capabilities) {
    bounded.capabilities.push_back({name, {}});
  }
  for (const model::ViewEntry& entry : c.view) {
    // What has no line is in every sandbox.
    if (entry.kind != model::ViewEntry::Kind::kBind || entry.source.line == 0) {
      continue;
    }
    const Asked asked{entry.at, SpanOf(entry.source)};
    if (entry.rights.read) bounded.may_read.push_back(asked);
    if (entry.rights.write) bounded.may_write.push_back(asked);
    if (entry.rights.execute) bounded.may_execute.push_back(asked);
  }
  if (c.network.mode != model::NetworkMode::kNone) {
    const bool host = c.network.mode == model::NetworkMode::kHost;
    bounded.modes.push_back(
        {host ? "host" : "listen", PlaceOf(own.network.mode)});
  }
  bounded.modules = Modules(c.mandatory_access, {});
  bounded.processes = {c.limits.processes, PlaceOf(own.limits.processes)};
  bounded.open_files = {c.limits.open_files, PlaceOf(own.limits.open_files)};
  bounded.memory = {AmountOf(c.limits.memory), PlaceOf(own.limits.memory.max)};
  bounded.cpu = {AmountOf(c.limits.cpu), PlaceOf(own.limits.cpu.max)};
  bounded.disk_read = {AmountOf(c.limits.disk_read),
                       PlaceOf(own.limits.disk_read.max)};
  bounded.disk_write = {AmountOf(c.limits.disk_write),
                        PlaceOf(own.limits.disk_write.max)};
  bounded.colocate = c.level.colocate;
  return subject;
}

}  // namespace

std::optional<Subject> Subjects::Of(const syntax::Document& document) {
  if (std::holds_alternative<syntax::TrustLevel>(document.content)) {
    const auto level = build_.Level(document);
    if (!level) return std::nullopt;
    return SubjectOf(*level, document.file);
  }
  const auto* own = std::get_if<syntax::Workload>(&document.content);
  if (own == nullptr) {
    build_.RefuseKind(document, "Workload");
    return std::nullopt;
  }
  const auto arranged = build_.Arrange(document);
  if (!arranged) return std::nullopt;
  const Subject* level = Level(own->trust.value);
  if (level == nullptr) return std::nullopt;
  return SubjectOf(*own, *arranged, *level, document.file);
}

const Subject* Subjects::Level(std::string_view name) {
  if (const auto known = levels_.find(name); known != levels_.end()) {
    return known->second.get();
  }
  const auto level = build_.Level(name);
  std::unique_ptr<Subject> subject;
  if (level) {
    subject = std::make_unique<Subject>(SubjectOf(*level, level->span.file));
  }
  return levels_.emplace(name, std::move(subject)).first->second.get();
}

}  // namespace ringfence::cli
