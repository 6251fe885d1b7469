#include "resolve/workload.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "resolve/chain.h"
#include "resolve/denials.h"
#include "resolve/narrow_limits.h"
#include "resolve/sockets.h"
#include "resolve/tighten.h"
#include "resolve/view.h"

namespace ringfence::resolve {
namespace {

using syntax::Code;
using syntax::Diagnostics;
using syntax::Text;

std::vector<std::string> Paths(const std::vector<Text>& texts) {
  std::vector<std::string> out;
  for (const Text& text : texts) out.push_back(text.value);
  std::ranges::sort(out);
  out.erase(std::ranges::unique(out).begin(), out.end());
  return out;
}

model::TrustLevel Identity(const syntax::Workload& workload,
                           const ResolvedLevel& level,
                           Diagnostics& diagnostics) {
  if (level.colocate.value == model::Colocate::kSameTenant &&
      !workload.tenant) {
    diagnostics.Add({Code::kTenantMissing,
                     "level " + Quote(level.name) + " needs a tenant",
                     workload.trust.span,
                     "of this level",
                     {{"the level says so here", level.colocate.span}},
                     "add `tenant: NAME`"});
  }
  return {level.name, workload.tenant ? workload.tenant->value : "",
          level.colocate.value};
}

model::User UserOf(const syntax::User& own, const ResolvedLevel& level,
                   Diagnostics& diagnostics) {
  RefuseSubordinateIds(own, diagnostics);
  model::User user = level.user;
  if (own.uid) user.uid = model::NsUid{own.uid->value};
  if (own.gid) user.gid = model::NsGid{own.gid->value};
  return user;
}

model::Limits LimitsOf(const syntax::Workload& workload, ResolvedLevel level,
                       Diagnostics& diagnostics) {
  const std::string above = "level " + Quote(level.name);
  const Narrowing narrowing{Code::kAboveLimit, above.c_str()};
  NarrowLimits(workload.limits, &narrowing,
               {level.processes, level.open_files, level.memory, level.cpu,
                level.disk_read, level.disk_write},
               diagnostics);
  model::Limits limits;
  limits.processes = level.processes.value;
  limits.open_files = level.open_files.value;
  limits.memory = level.memory.limit;
  limits.cpu = level.cpu.limit;
  limits.disk_read = level.disk_read.limit;
  limits.disk_write = level.disk_write.limit;
  if (workload.time_limit) limits.time_ms = workload.time_limit->value;
  return limits;
}

model::Stop StopOf(const syntax::Stop& own) {
  model::Stop stop;
  if (own.signal) stop.signal = own.signal->value;
  if (own.grace) stop.grace_ms = own.grace->value;
  return stop;
}

std::vector<std::string> EnvironmentOf(const std::vector<syntax::Variable>& own,
                                       Diagnostics& diagnostics) {
  static constexpr std::array<std::string_view, 5> kReserved{
      "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID", "NGINX", "NOTIFY_SOCKET"};
  std::map<std::string, std::string> variables{
      {"HOME", kHome},
      {"LANG", "C.UTF-8"},
      {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
      {"USER", kUserName}};
  for (const syntax::Variable& variable : own) {
    const std::string& name = variable.name.value;
    if (std::ranges::find(kReserved, name) != kReserved.end()) {
      diagnostics.Add({Code::kReservedVariable,
                       Quote(name) + " is set by Ringfence",
                       variable.name.span,
                       "it says which sockets the workload is given",
                       {},
                       "remove it"});
    }
    variables[name] = variable.value.value;
  }
  std::vector<std::string> out;
  for (const auto& [name, value] : variables) {
    out.push_back(name + "=" + value);
  }
  return out;
}

// A level without an error. What is wrong is said again for every workload.
const KnownLevel* Find(const Text& name, KnownLevels& known,
                       const FindFile& find, Diagnostics& diagnostics) {
  if (const auto at = known.find(name.value); at != known.end()) {
    return &at->second;
  }
  const size_t before = diagnostics.size();
  Files files(find, diagnostics);
  const syntax::TrustLevel* own = files.Level(name.value, name.span);
  if (own == nullptr) return nullptr;
  CallSets sets(files, diagnostics);
  std::optional<Chain> chain = ResolveChain(*own, files, sets, diagnostics);
  if (!chain || diagnostics.size() != before) return nullptr;
  KnownLevel level{.chain = *std::move(chain)};
  level.seccomp = BuildPolicies(level.chain.calls);
  CheckLauncherNeeds(level.chain.calls, level.seccomp, diagnostics);
  if (diagnostics.size() != before) return nullptr;
  level.denials = ExplainDenials(level.chain, {}, level.seccomp.front(), sets);
  level.profiles = files.Profiles();
  level.read = std::move(files).Release();
  return &known.emplace(name.value, std::move(level)).first->second;
}

// What a level allows without what the workload denies itself.
void Narrow(const KnownLevel& level, const std::vector<Text>& deny,
            const FindFile& find, model::Confinement& out,
            Diagnostics& diagnostics) {
  const size_t before = diagnostics.size();
  Files files(find, diagnostics, level.read);
  CallSets sets(files, diagnostics);
  Chain chain = level.chain;
  DenyMore(chain.calls, deny, sets);
  out.seccomp = BuildPolicies(chain.calls);
  CheckLauncherNeeds(chain.calls, out.seccomp, diagnostics);
  out.profiles = files.Profiles();
  if (diagnostics.size() != before) return;
  out.denials = ExplainDenials(chain, deny, out.seccomp.front(), sets);
}

}  // namespace

std::optional<model::Confinement> ResolveWorkload(
    const syntax::Document& document, const FindFile& find,
    Diagnostics& diagnostics) {
  KnownLevels known;
  return ResolveWorkload(document, known, find, diagnostics);
}

std::optional<model::Confinement> ResolveWorkload(
    const syntax::Document& document, KnownLevels& known, const FindFile& find,
    Diagnostics& diagnostics) {
  const size_t before = diagnostics.size();
  const auto* workload = std::get_if<syntax::Workload>(&document.content);
  if (workload == nullptr) {
    diagnostics.Add({Code::kWrongKindOfFile,
                     "this file is not a Workload",
                     document.kind,
                     "",
                     {},
                     "only a Workload can be run"});
    return std::nullopt;
  }
  const KnownLevel* base = Find(workload->trust, known, find, diagnostics);
  // Errors of the level would only repeat themselves as errors of the workload.
  if (base == nullptr) return std::nullopt;
  const ResolvedLevel& level = base->chain.level;

  model::Confinement out;
  if (workload->deny.empty()) {
    out.seccomp = base->seccomp;
    out.denials = base->denials;
    out.profiles = base->profiles;
  } else {
    Narrow(*base, workload->deny, find, out, diagnostics);
  }
  out.name = workload->name.value;
  out.level = Identity(*workload, level, diagnostics);
  out.level_depth = static_cast<uint32_t>(level.chain.size() - 1);
  out.user = UserOf(workload->user, level, diagnostics);
  out.capabilities = level.capabilities;
  out.view = ResolveView(*workload, level, out.user, diagnostics);
  out.ceilings = {Paths(level.ceilings.may_read),
                  Paths(level.ceilings.may_write),
                  Paths(level.ceilings.may_execute)};
  out.network = ResolveNetwork(*workload, level, out.seccomp, diagnostics);
  out.limits = LimitsOf(*workload, level, diagnostics);
  out.stop = StopOf(workload->stop);
  out.mandatory_access = level.mandatory_access;
  CheckProgram(workload->command.front(), out.view, diagnostics);
  for (const Text& argument : workload->command) {
    out.command.push_back(argument.value);
  }
  out.environment = EnvironmentOf(workload->environment, diagnostics);
  out.working_directory =
      workload->working_directory ? workload->working_directory->value : "/";
  out.source = ToSource(workload->name.span);
  if (diagnostics.size() != before) return std::nullopt;
  return out;
}

}  // namespace ringfence::resolve
