#include "oci/rules.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "resolve/names.h"

namespace ringfence::oci {
namespace {

bool AreDisjoint(const CallRule& one, const CallRule& other) {
  return std::ranges::any_of(one.arguments, [&](const Argument& argument) {
    const auto same =
        std::ranges::find(other.arguments, argument.index, &Argument::index);
    return same != other.arguments.end() && AreDisjoint(argument, *same);
  });
}

model::Condition WhenOf(const CallRule& rule) {
  model::Condition when = model::Always();
  for (const Argument& argument : rule.arguments) {
    when.of.push_back(ToCondition(argument));
  }
  return when.of.size() == 1 ? model::Condition(when.of.front()) : when;
}

void RefuseOverlaps(const std::string& name, const std::vector<CallRule>& rules,
                    syntax::Diagnostics& diagnostics) {
  for (auto rule = rules.begin(); rule != rules.end(); ++rule) {
    for (auto before = rules.begin(); before != rule; ++before) {
      if (before->answer == rule->answer || AreDisjoint(*before, *rule)) {
        continue;
      }
      diagnostics.Add(
          {syntax::Code::kOciTwoAnswers,
           "two rules for " + resolve::Quote(name) +
               " answer some calls differently",
           rule->span,
           "",
           {{"the other rule", before->span}},
           "libseccomp chooses by an order of its own; let the arguments "
           "exclude each other"});
      return;
    }
  }
}

}  // namespace

model::CallPolicy CombineRules(const std::string& name, uint32_t number,
                               const std::vector<CallRule>& rules,
                               const model::Answer& otherwise,
                               std::vector<syntax::Note>& notes,
                               syntax::Diagnostics& diagnostics) {
  Check(!rules.empty(), "oci: a call without rules");
  model::CallPolicy call{.number = number,
                         .name = name,
                         .otherwise = otherwise,
                         .source = resolve::ToSource(rules.front().span)};
  const auto plain = std::ranges::find_if(
      rules, [](const CallRule& rule) { return rule.arguments.empty(); });
  if (plain == rules.end()) {
    RefuseOverlaps(name, rules, diagnostics);
    for (const CallRule& rule : rules) {
      call.clauses.push_back(
          {WhenOf(rule), rule.answer, resolve::ToSource(rule.span)});
    }
    return call;
  }
  call.otherwise = plain->answer;
  call.source = resolve::ToSource(plain->span);
  for (const CallRule& rule : rules) {
    if (rule.answer == plain->answer) continue;
    notes.push_back(
        {"this rule for " + resolve::Quote(name) + " never answers: line " +
             std::to_string(plain->span.line) + " answers every call of it",
         rule.span});
  }
  return call;
}

}  // namespace ringfence::oci
