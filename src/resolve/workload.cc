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
               {level.processes, level.open_files, level.memory, level.cpu},
               diagnostics);
  model::Limits limits;
  limits.processes = level.processes.value;
  limits.open_files = level.open_files.value;
  limits.memory = level.memory.limit;
  limits.cpu = level.cpu.limit;
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

}  // namespace

std::optional<model::Confinement> ResolveWorkload(
    const syntax::Document& document, const FindFile& find,
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
  Files files(find, diagnostics);
  const syntax::TrustLevel* own_level =
      files.Level(workload->trust.value, workload->trust.span);
  if (own_level == nullptr) return std::nullopt;
  CallSets sets(files, diagnostics);
  std::optional<Chain> chain =
      ResolveChain(*own_level, files, sets, diagnostics);
  // Errors of the level would only repeat themselves as errors of the workload.
  if (!chain || diagnostics.size() != before) return std::nullopt;
  const ResolvedLevel& level = chain->level;

  DenyMore(chain->calls, workload->deny, sets);
  model::Confinement out;
  out.seccomp = BuildPolicies(chain->calls);
  CheckLauncherNeeds(chain->calls, out.seccomp, diagnostics);
  out.name = workload->name.value;
  out.level = Identity(*workload, level, diagnostics);
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
  out.profiles = files.Profiles();
  out.source = ToSource(workload->name.span);
  if (diagnostics.size() != before) return std::nullopt;
  out.denials =
      ExplainDenials(*chain, workload->deny, out.seccomp.front(), sets);
  return out;
}

}  // namespace ringfence::resolve
