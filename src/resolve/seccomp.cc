#include "resolve/seccomp.h"

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "base/check.h"
#include "resolve/syscall_table.h"

namespace ringfence::resolve {
namespace {

using model::Answer;
using model::CallPolicy;
using model::Condition;
using syntax::Code;
using syntax::Denial;
using syntax::Span;

constexpr Answer kNotImplemented{model::Action::kQuiet, ENOSYS};

Answer ToAnswer(const Denial& denial) {
  switch (denial.way) {
    case Denial::Way::kExplain:
      return {model::Action::kExplain, denial.error};
    case Denial::Way::kQuiet:
      return {model::Action::kQuiet, denial.error};
    case Denial::Way::kKill:
      return model::kKilled;
  }
  CheckFailed("resolve: unknown answer");
}

Answer DenialOf(const LevelCalls& calls, const std::string& name) {
  const auto own = calls.answers.find(name);
  return ToAnswer(own != calls.answers.end() ? own->second.value
                                             : calls.denied.value);
}

// Where one rule of a level holds.
Condition AnyOf(const std::vector<model::Clause>& clauses) {
  if (clauses.size() == 1) return clauses.front().when;
  Condition any{Condition::Kind::kAny, {}, {}};
  for (const model::Clause& clause : clauses) any.of.push_back(clause.when);
  return any;
}

// Where the call is allowed: one clause a rule, or, where several levels have
// rules for it and all must hold, one clause.
std::vector<model::Clause> ClausesOf(const std::vector<RuleSet>& levels,
                                     size_t arch, const Answer& pass) {
  std::vector<const std::vector<model::Clause>*> all;
  for (const RuleSet& level : levels) {
    if (level.clauses[arch]) all.push_back(&*level.clauses[arch]);
  }
  if (all.empty()) return {};
  if (all.size() == 1) {
    std::vector<model::Clause> clauses = *all.front();
    for (model::Clause& clause : clauses) clause.then = pass;
    return clauses;
  }
  Condition when = model::Always();
  for (const auto* clauses : all) when.of.push_back(AnyOf(*clauses));
  return {{std::move(when), pass, ToSource(levels.back().span)}};
}

CallPolicy PolicyOf(const LevelCalls& calls, const Syscall& syscall,
                    size_t arch) {
  CallPolicy policy;
  policy.number = syscall.number;
  policy.name = syscall.name;
  policy.otherwise = model::kAllowed;
  if (!syscall.enforceable) return policy;

  const Answer denial = DenialOf(calls, policy.name);
  const auto deny = calls.deny.find(policy.name);
  const auto allowed = calls.allowed.find(policy.name);
  if (deny != calls.deny.end() || allowed == calls.allowed.end()) {
    policy.otherwise = denial;
    policy.source =
        ToSource(deny != calls.deny.end() ? deny->second : calls.allow_span);
    return policy;
  }
  policy.source = ToSource(allowed->second.span);
  const Answer pass = calls.log.contains(policy.name)
                          ? Answer{model::Action::kLog, 0}
                          : model::kAllowed;
  policy.otherwise = pass;
  const auto rules = calls.rules.find(policy.name);
  if (rules == calls.rules.end()) return policy;
  policy.source = ToSource(rules->second.back().span);
  policy.clauses = ClausesOf(rules->second, arch, pass);
  policy.otherwise = denial;
  return policy;
}

bool AlwaysPasses(const CallPolicy* policy) {
  return policy != nullptr && policy->clauses.empty() &&
         model::LetsPass(policy->otherwise.action);
}

// clone3 passes its flags behind a pointer, where no filter sees them. ENOSYS
// makes the C library fall back to clone.
void HideClone3(model::SeccompPolicy& policy, uint32_t arch) {
  const auto find = [&](std::string_view name) -> CallPolicy* {
    const Syscall* syscall = FindSyscall(arch, name);
    if (syscall == nullptr) return nullptr;
    const auto at =
        std::ranges::find(policy.calls, syscall->number, &CallPolicy::number);
    return at != policy.calls.end() ? &*at : nullptr;
  };
  CallPolicy* clone3 = find("clone3");
  if (clone3 == nullptr) return;
  const CallPolicy* clone = find("clone");
  if (AlwaysPasses(clone3) && AlwaysPasses(clone)) return;
  if (clone != nullptr && !AlwaysPasses(clone)) clone3->source = clone->source;
  clone3->clauses.clear();
  clone3->otherwise = kNotImplemented;
}

}  // namespace

void DenyMore(LevelCalls& calls, const std::vector<syntax::Text>& deny,
              CallSets& sets) {
  for (const auto& [name, listed] : sets.Expand(deny)) {
    calls.deny.emplace(name, listed.span);
  }
}

std::vector<model::SeccompPolicy> BuildPolicies(const LevelCalls& calls) {
  const KernelVersion baseline{calls.baseline.value.major,
                               calls.baseline.value.minor};
  std::vector<model::SeccompPolicy> policies;
  for (size_t arch = 0; arch < kArchitectures.size(); ++arch) {
    model::SeccompPolicy policy;
    policy.arch = kArchitectures[arch];
    policy.unlisted = kNotImplemented;
    for (const Syscall& syscall : Syscalls(policy.arch)) {
      if (syscall.since <= baseline || !syscall.enforceable) {
        policy.calls.push_back(PolicyOf(calls, syscall, arch));
      }
    }
    HideClone3(policy, policy.arch);
    policies.push_back(std::move(policy));
  }
  return policies;
}

bool CheckLauncherNeeds(const LevelCalls& calls,
                        const std::vector<model::SeccompPolicy>& policies,
                        syntax::Diagnostics& diagnostics) {
  static constexpr std::array<std::string_view, 6> kNeeded{
      "execve", "openat", "read", "write", "close", "exit_group"};
  bool good = true;
  for (const std::string_view name : kNeeded) {
    const bool plain = std::ranges::all_of(policies, [&](const auto& policy) {
      return AlwaysPasses(Find(policy, FindSyscall(policy.arch, name)->number));
    });
    if (plain) continue;
    good = false;
    const std::string call(name);
    const auto deny = calls.deny.find(call);
    const auto rule = calls.rules.find(call);
    Span span = calls.allow_span;
    std::string label = "it is missing here";
    if (deny != calls.deny.end()) {
      span = deny->second;
      label = "denied here";
    } else if (rule != calls.rules.end()) {
      span = rule->second.back().span;
      label = "restricted here";
    }
    diagnostics.Add(
        {Code::kLauncherNeeds,
         Quote(name) + " must be allowed without condition",
         span,
         label,
         {},
         "the launcher reads back what the kernel enforces and then executes "
         "the program, after the filter is installed"});
  }
  return good;
}

}  // namespace ringfence::resolve
