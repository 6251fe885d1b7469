#include "check/rules.h"

#include <algorithm>
#include <set>

#include "base/check.h"
#include "check/waiver.h"
#include "resolve/paths.h"

namespace ringfence::check {
namespace {

using syntax::Code;
using syntax::Span;

std::string Quote(std::string_view text) {
  return "`" + std::string(text) + "`";
}

Span PlaceOf(const Subject& subject, const evaluate::SeccompData& call) {
  const model::Source by =
      SourceOf(subject.policies,
               {.number = call.nr, .arch = call.arch, .args = call.args});
  if (by.line == 0) return subject.span;
  return {by.file, by.line, by.column, 1};
}

// The same but for the lines that decide: a hundred workloads that deny the
// same are proved once. Where a call is allowed is looked up in the subject.
bool SameAnswers(const model::SeccompPolicy& a, const model::SeccompPolicy& b) {
  const auto clause = [](const model::Clause& x, const model::Clause& y) {
    return x.then == y.then && x.when == y.when;
  };
  const auto call = [&](const model::CallPolicy& x,
                        const model::CallPolicy& y) {
    return x.number == y.number && x.otherwise == y.otherwise &&
           std::ranges::equal(x.clauses, y.clauses, clause);
  };
  return a.arch == b.arch && a.unlisted == b.unlisted &&
         std::ranges::equal(a.calls, b.calls, call);
}

Finding NotDecided(const Subject& subject, const std::string& why,
                   const std::string& key) {
  return {.code = Code::kNotDecided,
          .message = "neither proved nor refuted: " + why,
          .at = subject.span,
          .key = key};
}

}  // namespace

bool AppliesTo(const resolve::Gate& gate, const Subject& subject) {
  return gate.levels.empty() ||
         std::ranges::any_of(gate.levels, [&](const std::string& level) {
           return std::ranges::find(subject.levels, level) !=
                  subject.levels.end();
         });
}

std::vector<Finding> Judge::Apply(const resolve::GateRule& rule,
                                  const Subject& subject,
                                  const syntax::Date& today) {
  std::vector<Finding> findings = std::visit(
      [&](const auto& claim) -> std::vector<Finding> {
        using Claim = std::decay_t<decltype(claim)>;
        if constexpr (std::is_same_v<Claim, resolve::Requirements>) {
          return Required(claim, subject);
        } else if constexpr (std::is_same_v<Claim, resolve::Never>) {
          return NeverAllows(claim, subject);
        } else if constexpr (std::is_same_v<Claim, resolve::AtMost>) {
          return AtMost(claim, subject);
        } else if constexpr (std::is_same_v<Claim, resolve::MustAllow>) {
          return MustAllow(claim, subject);
        } else {
          return MaxAge(claim, subject, today);
        }
      },
      rule.claim);
  for (Finding& finding : findings) {
    // What is not known is never less than an error.
    finding.severity =
        finding.code == Code::kNotDecided ? Severity::kError : rule.severity;
    finding.rule = rule.name;
    finding.subject = subject.file;
    finding.name = subject.name;
    finding.reason = rule.reason;
    finding.controls = rule.controls;
    finding.inherited = WayTo(subject, finding.at);
    finding.notes.push_back({"demanded by " + Quote(rule.name), rule.span});
  }
  return findings;
}

std::vector<Finding> Judge::Tests(const Subject& subject) const {
  std::vector<Finding> findings;
  std::set<std::string> said;  // once for all architectures
  for (const resolve::LevelTest& test : subject.tests) {
    if (resolve::Passes(test, subject.policies)) continue;
    if (!said.insert(test.text).second) continue;
    for (const model::SeccompPolicy& policy : subject.policies) {
      if (policy.arch != test.call.arch) continue;
      const model::Call& call = test.call;
      using Expect = resolve::LevelTest::Expect;
      const model::Answer wanted =
          test.expect == Expect::kAllowed ? model::kAllowed
          : test.expect == Expect::kKilled
              ? model::kKilled
              : model::Answer{model::Action::kQuiet, test.error};
      using prove::Reading;
      findings.push_back(
          {.code = Code::kTestFails,
           .rule = kTests,
           .subject = subject.file,
           .name = subject.name,
           .message = "the test " + Quote(test.text) + " does not hold",
           .at = {test.source.file, test.source.line, test.source.column, 1},
           .reason = "a level says by its tests what it is for",
           .witness =
               Witness{
                   {.nr = call.number, .arch = call.arch, .args = call.args},
                   prove::OutcomeOf(model::Meaning(policy, call),
                                    Reading::kSeen),
                   prove::OutcomeOf(wanted, Reading::kSeen)},
           .key = test.text});
    }
  }
  return findings;
}

std::vector<syntax::Note> Judge::WayTo(const Subject& subject,
                                       const Span& place) {
  if (place.file == subject.file || place.file == subject.span.file) return {};
  std::vector<syntax::Note> way;
  const auto step = [&](const std::string& from, const std::string& to,
                        const Span& at) {
    way.push_back({Quote(from) + " takes it from " + Quote(to), at});
  };
  std::string from = subject.name;
  Span at = subject.span;
  for (const std::string& name : subject.levels) {
    if (name == subject.name && subject.is_level) continue;
    step(from, name, at);
    const Subject* level = find_level_(name);
    if (level == nullptr || level->span.file == place.file) return way;
    from = name;
    at = level->span;
  }
  return way;
}

Judge::Policies& Judge::Known(
    const std::vector<model::SeccompPolicy>& policies) {
  const auto known = std::ranges::find_if(policies_, [&](const Policies& one) {
    return std::ranges::equal(one.of, policies, SameAnswers);
  });
  return known != policies_.end() ? *known
                                  : policies_.emplace_back(policies, work_);
}

const prove::Judgement& Judge::Never(Policies& policies,
                                     const resolve::NeverAllowed& call) {
  const auto key = std::pair(&policies, static_cast<const void*>(&call));
  if (const auto known = proved_.find(key); known != proved_.end()) {
    return known->second;
  }
  prove::Judgement judgement = prove::Proved{};
  if (listener_) listener_(policies.prover);
  for (const model::SeccompPolicy& policy : policies.of) {
    if (policy.arch != call.arch) continue;
    judgement =
        prove::ProveNever(policies.prover, policy, call.number, call.when);
  }
  return proved_.emplace(key, std::move(judgement)).first->second;
}

const prove::Judgement& Judge::Inside(Policies& policies,
                                      const Subject& level) {
  const auto key = std::pair(&policies, static_cast<const void*>(&level));
  if (const auto known = proved_.find(key); known != proved_.end()) {
    return known->second;
  }
  if (listener_) listener_(policies.prover);
  return proved_
      .emplace(key,
               prove::ProveInside(policies.prover, policies.of, level.policies))
      .first->second;
}

std::vector<Finding> Judge::NeverAllows(const resolve::Never& never,
                                        const Subject& subject) {
  Policies& policies = Known(subject.policies);
  std::vector<Finding> findings;
  std::set<std::string> said;  // once for all architectures
  for (const resolve::NeverAllowed& call : never.calls) {
    const prove::Judgement& judgement = Never(policies, call);
    if (const auto* open = std::get_if<prove::Undecided>(&judgement)) {
      findings.push_back(NotDecided(subject, open->why, call.name));
    } else if (const auto* by = std::get_if<prove::Difference>(&judgement)) {
      if (!said.insert(call.name).second) continue;
      findings.push_back({.code = Code::kNeverAllowed,
                          .message = Quote(call.name) + " is allowed",
                          .at = PlaceOf(subject, by->call),
                          .label = "allowed here",
                          .witness = Witness{by->call, by->first, by->second},
                          .key = call.name});
    }
  }
  return findings;
}

std::vector<Finding> Judge::AtMost(const resolve::AtMost& at_most,
                                   const Subject& subject) {
  const Subject* level = find_level_(at_most.level);
  Check(level != nullptr, "check: a gate names a level that was not resolved");
  std::vector<Finding> findings;
  const prove::Judgement& judgement = Inside(Known(subject.policies), *level);
  if (const auto* open = std::get_if<prove::Undecided>(&judgement)) {
    findings.push_back(NotDecided(subject, open->why, "system calls"));
  } else if (const auto* by = std::get_if<prove::Difference>(&judgement)) {
    findings.push_back({.code = Code::kAboveLevel,
                        .message = "a system call gets a weaker answer than " +
                                   Quote(at_most.level) + " gives",
                        .at = PlaceOf(subject, by->call),
                        .label = "decided here",
                        .witness = Witness{by->call, by->first, by->second},
                        .key = "system calls"});
  }
  const auto add = [&](const Span& at, const std::string& what) {
    findings.push_back(
        {.code = Code::kAboveLevel,
         .message = what + ", compared with " + Quote(at_most.level),
         .at = at,
         .key = what});
  };
  const auto changes =
      subject.is_level ? prove::CompareLayers(level->ceilings, subject.ceilings)
                       : prove::CompareLayers(level->bounds, subject.bounds);
  for (const prove::LayerChange& change : changes) {
    if (change.direction != prove::Direction::kLooser) continue;
    add(subject.span, change.layer + ": " + change.what);
  }
  if (subject.is_level) return findings;
  // What a workload asks for lies inside what a level may give.
  const auto inside = [&](const std::vector<Asked>& asked,
                          const std::vector<Asked>& given, const char* what) {
    for (const Asked& one : asked) {
      const bool held = std::ranges::any_of(given, [&](const Asked& tree) {
        return tree.what == one.what || resolve::IsInside(one.what, tree.what);
      });
      if (!held) add(one.at, std::string(what) + " " + Quote(one.what));
    }
  };
  inside(subject.bounded.may_read, level->bounded.may_read, "reading");
  inside(subject.bounded.may_write, level->bounded.may_write, "writing");
  inside(subject.bounded.may_execute, level->bounded.may_execute, "executing");
  inside(subject.bounded.modes, level->bounded.modes, "network mode");
  return findings;
}

}  // namespace ringfence::check
