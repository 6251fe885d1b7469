#include "resolve/tighten.h"

#include <algorithm>

#include "base/check.h"
#include "resolve/names.h"
#include "resolve/narrow_limits.h"
#include "resolve/paths.h"

namespace ringfence::resolve {
namespace {

using syntax::Code;
using syntax::Diagnostics;
using syntax::Text;

constexpr char kInherited[] = "inherited from here";

model::Colocate ToModel(syntax::Colocate colocate) {
  switch (colocate) {
    case syntax::Colocate::kSameLevel:
      return model::Colocate::kSameLevel;
    case syntax::Colocate::kSameTenant:
      return model::Colocate::kSameTenant;
    case syntax::Colocate::kAlone:
      return model::Colocate::kAlone;
  }
  CheckFailed("resolve: unknown colocate");
}

class Tightening {
 public:
  Tightening(const syntax::TrustLevel& own, bool has_parent,
             ResolvedLevel& level, Diagnostics& diagnostics)
      : own_(own),
        has_parent_(has_parent),
        level_(level),
        diagnostics_(diagnostics) {}

  void Run() {
    if (!has_parent_) RequireEverything();
    Colocate();
    User();
    Capabilities();
    const syntax::Ceilings& paths = own_.filesystem;
    Paths(paths.may_read, level_.ceilings.may_read, level_.ceilings.read_span);
    Paths(paths.may_write, level_.ceilings.may_write,
          level_.ceilings.write_span);
    Paths(paths.may_execute, level_.ceilings.may_execute,
          level_.ceilings.execute_span);
    Modes();
    Limits();
    MandatoryAccess();
  }

 private:
  // True: what is said here must not be applied.
  [[nodiscard]] bool Refuses(Code code, std::string message, const Span& span,
                             std::string label, const Span& parent) {
    return diagnostics_.RefusesLoosening({code,
                                          std::move(message),
                                          span,
                                          std::move(label),
                                          {{kInherited, parent}},
                                          ""});
  }

  void RequireEverything() {
    std::string missing;
    const auto require = [&](bool there, const std::string& key) {
      if (!there) missing += (missing.empty() ? "" : ", ") + Quote(key);
    };
    require(own_.colocate.has_value(), "colocate");
    require(own_.user.uid.has_value(), "user.uid");
    require(own_.user.gid.has_value(), "user.gid");
    require(own_.capabilities.has_value(), "capabilities");
    require(own_.filesystem.may_read.has_value(), "filesystem.may_read");
    require(own_.filesystem.may_write.has_value(), "filesystem.may_write");
    require(own_.filesystem.may_execute.has_value(), "filesystem.may_execute");
    require(own_.modes.has_value(), "network.modes");
    require(own_.limits.processes.has_value(), "limits.processes");
    require(own_.limits.open_files.has_value(), "limits.open_files");
    require(own_.any_of.has_value(), "mandatory_access");
    require(own_.seccomp.kernel_baseline.has_value(),
            "seccomp.kernel_baseline");
    require(own_.seccomp.denied.has_value(), "seccomp.denied");
    require(own_.seccomp.allow.has_value(), "seccomp.allow");
    if (missing.empty()) return;
    diagnostics_.Add(
        {Code::kRootLacksKey,
         Quote(own_.name.value) + " extends nothing and lacks " + missing,
         own_.name.span,
         "a root level says everything",
         {},
         "add the keys, or `extends` another level"});
  }

  void Colocate() {
    if (!own_.colocate) return;
    const model::Colocate own = ToModel(own_.colocate->value);
    if (has_parent_ && own < level_.colocate.value &&
        Refuses(Code::kLoosensColocate,
                "colocate is looser than that of the level it extends",
                own_.colocate->span, "looser", level_.colocate.span)) {
      return;
    }
    level_.colocate = {own, own_.colocate->span};
  }

  void User() {
    RefuseSubordinateIds(own_.user, diagnostics_);
    if (own_.user.uid) level_.user.uid = model::NsUid{own_.user.uid->value};
    if (own_.user.gid) level_.user.gid = model::NsGid{own_.user.gid->value};
  }

  void Capabilities() {
    if (!own_.capabilities) return;
    std::vector<std::string> kept;
    for (const Text& capability : own_.capabilities->items) {
      if (has_parent_ &&
          !std::ranges::binary_search(level_.capabilities, capability.value) &&
          Refuses(
              Code::kLoosensCapabilities,
              "the level it extends does not keep " + Quote(capability.value),
              capability.span, "added here", level_.capabilities_span)) {
        continue;
      }
      kept.push_back(capability.value);
    }
    std::ranges::sort(kept);
    kept.erase(std::ranges::unique(kept).begin(), kept.end());
    level_.capabilities = std::move(kept);
    level_.capabilities_span = own_.capabilities->span;
  }

  void Paths(const std::optional<syntax::List<Text>>& own,
             std::vector<Text>& inherited, Span& span) {
    if (!own) return;
    std::vector<Text> kept;
    for (const Text& path : own->items) {
      const bool inside = std::ranges::any_of(inherited, [&](const Text& tree) {
        return IsInside(path.value, tree.value);
      });
      if (has_parent_ && !inside &&
          Refuses(Code::kLoosensPaths,
                  Quote(path.value) + " is outside what the level it extends "
                                      "allows",
                  path.span, "wider", span)) {
        continue;
      }
      kept.push_back(path);
    }
    inherited = std::move(kept);
    span = own->span;
  }

  void Modes() {
    if (!own_.modes) return;
    std::vector<Spanned<syntax::NetworkMode>> kept;
    for (const auto& mode : own_.modes->items) {
      const bool inherited =
          std::ranges::find(level_.modes, mode.value,
                            &Spanned<syntax::NetworkMode>::value) !=
          level_.modes.end();
      if (has_parent_ && !inherited &&
          Refuses(Code::kLoosensNetwork,
                  "the level it extends does not have this network mode",
                  mode.span, "added here", level_.modes_span)) {
        continue;
      }
      kept.push_back(mode);
    }
    level_.modes = std::move(kept);
    level_.modes_span = own_.modes->span;
  }

  void Limits() {
    static constexpr Narrowing kParent{Code::kLoosensLimit,
                                       "the level it extends"};
    NarrowLimits(own_.limits, has_parent_ ? &kParent : nullptr,
                 {level_.processes, level_.open_files, level_.memory,
                  level_.cpu, level_.disk_read, level_.disk_write},
                 diagnostics_);
  }

  void MandatoryAccess() {
    if (!own_.any_of) return;
    model::MandatoryAccess kept;
    for (const auto& module : own_.any_of->items) {
      bool model::MandatoryAccess::* member = Member(module.value);
      if (has_parent_ && !(level_.mandatory_access.*member) &&
          Refuses(Code::kLoosensMandatoryAccess,
                  "the level it extends does not accept this module",
                  module.span, "added here", level_.mandatory_access_span)) {
        continue;
      }
      kept.*member = true;
    }
    level_.mandatory_access = kept;
    level_.mandatory_access_span = own_.any_of->span;
  }

  static bool model::MandatoryAccess::* Member(syntax::SecurityModule module) {
    switch (module) {
      case syntax::SecurityModule::kApparmor:
        return &model::MandatoryAccess::apparmor;
      case syntax::SecurityModule::kSelinux:
        return &model::MandatoryAccess::selinux;
      case syntax::SecurityModule::kLandlock:
        return &model::MandatoryAccess::landlock;
    }
    CheckFailed("resolve: unknown security module");
  }

  const syntax::TrustLevel& own_;
  bool has_parent_;
  ResolvedLevel& level_;
  Diagnostics& diagnostics_;
};

}  // namespace

void RefuseSubordinateIds(const syntax::User& user, Diagnostics& diagnostics) {
  if (!user.ids || user.ids->value != syntax::IdSource::kSubordinate) return;
  diagnostics.Add({Code::kSubordinateIds,
                   "subordinate ids are not available in this version",
                   user.ids->span,
                   "",
                   {},
                   "write `ids: single`"});
}

void Tighten(const syntax::TrustLevel& own, bool has_parent,
             ResolvedLevel& level, Diagnostics& diagnostics) {
  Tightening(own, has_parent, level, diagnostics).Run();
}

}  // namespace ringfence::resolve
