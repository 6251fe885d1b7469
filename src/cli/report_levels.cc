#include "cli/report_levels.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <tuple>
#include <utility>
#include <variant>

#include "base/check.h"
#include "base/hex.h"
#include "certify/obligation.h"
#include "check/dates.h"
#include "cli/call_text.h"
#include "cli/check_output.h"
#include "cli/condition_text.h"
#include "cli/layers_of.h"
#include "cli/network_text.h"
#include "compile/seccomp.h"
#include "prove/claims.h"
#include "prove/layers.h"
#include "resolve/constants.h"
#include "syntax/schema.h"

namespace ringfence::cli {
namespace {

using report::Verdict;

report::Place PlaceOf(const model::Source& source) {
  if (source.line == 0) return {};
  return {RelativePath(source.file), source.line};
}

// The item of a list that stands at a place, as it is written there.
std::string ItemAt(const model::Source& source,
                   const syntax::Sources& sources) {
  const auto file = sources.find(source.file);
  if (source.line == 0 || file == sources.end()) return "not enforceable";
  size_t at = 0;
  for (uint32_t line = 1; line < source.line; ++line) {
    at = file->second.find('\n', at) + 1;
    if (at == 0) return "";
  }
  at += source.column == 0 ? 0 : source.column - 1;
  if (at >= file->second.size()) return "";
  const bool quoted = file->second[at] == '"' || file->second[at] == '\'';
  const size_t start = quoted ? at + 1 : at;
  const size_t end =
      file->second.find_first_of(quoted ? "\"'\n" : "\"', ]}#\n", start);
  return file->second.substr(start, end - start);
}

std::string AnswerText(const model::Answer& answer) {
  switch (answer.action) {
    case model::Action::kExplain:
      return resolve::ErrnoName(answer.error) + ", explained";
    case model::Action::kQuiet:
      return resolve::ErrnoName(answer.error) + ", quietly";
    case model::Action::kLog:
      return "allowed and logged";
    case model::Action::kAllow:
      return "allowed";
    case model::Action::kKill:
    case model::Action::kKillThread:
    case model::Action::kTrap:
    case model::Action::kTrace:
    case model::Action::kNotify:
      break;  // no level answers with the last four
  }
  return "killed";
}

std::string Listed(const std::vector<syntax::Text>& texts) {
  std::string out;
  for (const syntax::Text& text : texts) {
    out += (out.empty() ? "" : " ") + text.value;
  }
  return out.empty() ? "nothing" : out;
}

// `amount`: its amount, with its unit.
std::string CgroupText(const resolve::CgroupCeiling& ceiling,
                       std::string amount) {
  if (ceiling.limit.amount == 0) return "no limit";
  if (ceiling.limit.if_available) amount += ", where the host can enforce it";
  return amount;
}

std::string DiskText(const resolve::CgroupCeiling& ceiling) {
  return CgroupText(ceiling,
                    fmt::format("{} bytes a second", ceiling.limit.amount));
}

std::vector<report::Property> Bounds(const resolve::ResolvedLevel& level) {
  std::string modes;
  for (const auto& mode : level.modes) {
    modes += (modes.empty() ? "" : " ") + std::string(ModeName(mode.value));
  }
  std::string modules;
  for (const auto& [has, name] :
       {std::pair(level.mandatory_access.apparmor, "apparmor"),
        std::pair(level.mandatory_access.selinux, "selinux"),
        std::pair(level.mandatory_access.landlock, "landlock")}) {
    if (has) modules += (modules.empty() ? "" : " or ") + std::string(name);
  }
  std::string capabilities;
  for (const std::string& name : level.capabilities) {
    capabilities += (capabilities.empty() ? "" : " ") + name;
  }
  std::string beside;
  switch (level.colocate.value) {
    case model::Colocate::kSameLevel:
      beside = "workloads of its level only";
      break;
    case model::Colocate::kSameTenant:
      beside = "workloads of its level and tenant only";
      break;
    case model::Colocate::kAlone:
      beside = "nothing";
      break;
  }
  return {{"Runs beside", beside},
          {"User inside", fmt::format("uid {}, gid {}", level.user.uid.value,
                                      level.user.gid.value)},
          {"Capabilities", capabilities.empty() ? "none" : capabilities},
          {"May read", Listed(level.ceilings.may_read)},
          {"May write", Listed(level.ceilings.may_write)},
          {"May execute", Listed(level.ceilings.may_execute)},
          {"Network", modes.empty() ? "none" : modes},
          {"Processes", std::to_string(level.processes.value)},
          {"Open files", std::to_string(level.open_files.value)},
          {"Memory",
           CgroupText(level.memory,
                      fmt::format("{} MiB", level.memory.limit.amount >> 20))},
          {"CPU",
           CgroupText(level.cpu,
                      fmt::format(
                          "{:g} cores",
                          static_cast<double>(level.cpu.limit.amount) / 1000))},
          {"Reads from each disk", DiskText(level.disk_read)},
          {"Writes to each disk", DiskText(level.disk_write)},
          {"Mandatory access", modules}};
}

void Calls(const model::SeccompPolicy& policy, const syntax::Sources& sources,
           report::Level& out) {
  std::map<std::tuple<std::string, uint32_t, std::string>, report::CallGroup>
      groups;
  std::map<std::string, std::vector<std::string>> denied;
  for (const model::CallPolicy& call : policy.calls) {
    if (!call.clauses.empty()) {
      report::CallRule rule{.call = call.name,
                            .rules = {},
                            .at = PlaceOf(call.source),
                            .otherwise = AnswerText(call.otherwise)};
      for (const model::Clause& clause : call.clauses) {
        rule.rules.push_back(
            ConditionText(policy.arch, call.number, clause.when) +
            (clause.then == model::kAllowed ? ""
                                            : ": " + AnswerText(clause.then)));
      }
      out.conditional.push_back(std::move(rule));
    } else if (model::LetsPass(call.otherwise.action)) {
      const report::Place at = PlaceOf(call.source);
      const std::string item = ItemAt(call.source, sources);
      report::CallGroup& group = groups[{at.file, at.line, item}];
      group.entry = item;
      group.at = at;
      group.calls.push_back(
          call.name +
          (call.otherwise.action == model::Action::kLog ? " (logged)" : ""));
    } else {
      denied[AnswerText(call.otherwise)].push_back(call.name);
    }
  }
  for (auto& [key, group] : groups) out.allowed.push_back(std::move(group));
  for (auto& [answer, names] : denied) {
    out.denied.push_back({answer, std::move(names)});
  }
  out.denied.push_back({AnswerText(policy.unlisted), {"every other number"}});
  out.denied.push_back({"killed", {"other architectures", "x32"}});
}

std::string WitnessText(const prove::Difference& difference) {
  return fmt::format("{} is {} there, and {} here", CallText(difference.call),
                     OutcomeText(difference.second),
                     OutcomeText(difference.first));
}

Verdict VerdictOf(const prove::Judgement& judgement, std::string& detail) {
  if (const auto* open = std::get_if<prove::Undecided>(&judgement)) {
    detail = open->why;
    return Verdict::kUndecided;
  }
  if (const auto* by = std::get_if<prove::Difference>(&judgement)) {
    detail = WitnessText(*by);
    return Verdict::kFails;
  }
  return Verdict::kHolds;
}

report::Filter FilterFacts(const model::SeccompPolicy& policy) {
  report::Filter filter{.arch = ArchName(policy.arch)};
  const auto program = compile::CompileSeccomp(policy);
  if (!program) {
    filter.detail = program.error().why;
    return filter;
  }
  filter.instructions = program->code().size();
  prove::Prover prover;
  filter.verdict = VerdictOf(
      prove::ProveFilter(prover, policy, program->code()), filter.detail);
  const bundle::FilterProof claim = certify::ClaimOf(policy, program->code());
  filter.source_digest = Hex(claim.source.bytes);
  filter.filter_digest = Hex(claim.program.bytes);
  return filter;
}

bool Extends(const resolve::ResolvedLevel& inner,
             const resolve::ResolvedLevel& outer) {
  return std::find(inner.chain.begin() + 1, inner.chain.end(), outer.name) !=
         inner.chain.end();
}

}  // namespace

report::Level LevelFacts(const resolve::ResolvedLevel& level,
                         const std::string& file,
                         const syntax::Sources& sources,
                         const syntax::Date& today) {
  report::Level out{.name = level.name, .file = RelativePath(file)};
  out.chain = level.chain;
  for (const model::ProfileFile& one : level.profiles) {
    out.sources.push_back({RelativePath(one.path), Hex(one.digest)});
  }
  out.bounds = Bounds(level);
  Calls(level.seccomp.front(), sources, out);
  for (const resolve::DangerousEntry& one : level.dangerous) {
    out.dangerous.push_back(
        {one.syscall, check::Text(one.review_by.value),
         check::DaysBetween(today, one.review_by.value) < 0});
  }
  for (const model::SeccompPolicy& policy : level.seccomp) {
    out.filters.push_back(FilterFacts(policy));
  }
  std::set<std::string> failed;  // once for all architectures
  std::set<std::string> all;
  for (const resolve::LevelTest& test : level.tests) {
    all.insert(test.text);
    if (!resolve::Passes(test, level.seccomp)) failed.insert(test.text);
  }
  out.tests = {all.size() - failed.size(), {failed.begin(), failed.end()}};
  return out;
}

std::vector<report::Order> OrderFacts(
    const std::vector<resolve::ResolvedLevel>& levels) {
  std::vector<report::Order> out;
  for (const resolve::ResolvedLevel& inner : levels) {
    for (const resolve::ResolvedLevel& outer : levels) {
      if (&inner == &outer) continue;
      report::Order order{.inner = inner.name,
                          .outer = outer.name,
                          .claimed = Extends(inner, outer)};
      prove::Prover prover;
      order.verdict =
          VerdictOf(prove::ProveInside(prover, inner.seccomp, outer.seccomp),
                    order.detail);
      for (const prove::LayerChange& change :
           prove::CompareLayers(LayersOf(outer), LayersOf(inner))) {
        if (change.direction != prove::Direction::kLooser) continue;
        if (order.verdict == Verdict::kHolds) order.verdict = Verdict::kFails;
        order.detail += (order.detail.empty() ? "" : "; ") + change.layer +
                        ": " + change.what;
      }
      out.push_back(std::move(order));
    }
  }
  return out;
}

}  // namespace ringfence::cli
