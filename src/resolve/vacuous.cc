#include "resolve/vacuous.h"

#include <algorithm>
#include <optional>
#include <string>

#include "evaluate/example.h"
#include "resolve/names.h"
#include "resolve/rule.h"

namespace ringfence::resolve {
namespace {

using model::Condition;
using syntax::Code;
using syntax::Note;
using syntax::Span;

using Kind = Condition::Kind;

// A condition too large for the walk is taken for one that may hold.
bool NeverHolds(const Condition& condition) {
  const auto example = evaluate::ExampleOf(condition);
  return example && !*example;
}

// A test of `when`, or all of `unless`.
struct Part {
  Condition condition;
  Span span;
};

std::vector<Part> PartsOf(const syntax::Rule& rule, const Syscall& syscall) {
  syntax::Diagnostics none;  // the whole rule compiled
  std::vector<Part> parts;
  const auto add = [&](const syntax::Rule& part, const Span& span) {
    if (auto condition = CompileRule(part, syscall, none)) {
      parts.push_back({*std::move(condition), span});
    }
  };
  for (const syntax::ArgumentTest& test : rule.when) {
    add({rule.syscall, {test}, {}, {}, {}}, test.argument.span);
  }
  if (!rule.unless.empty()) {
    add({rule.syscall, {}, rule.unless, {}, {}},
        rule.unless.front().argument.span);
  }
  return parts;
}

// The first part that leaves nothing of what those before it leave, and the
// one before it that does so alone, if one does.
struct Clash {
  const Part* part = nullptr;
  const Part* with = nullptr;
};

Clash ClashIn(const std::vector<Part>& parts) {
  Condition so_far = model::Always();
  for (const Part& part : parts) {
    so_far.of.push_back(part.condition);
    if (!NeverHolds(so_far)) continue;
    Clash clash{&part, nullptr};
    if (NeverHolds(part.condition)) return clash;
    for (const Part& before : parts) {
      if (&before == &part) break;
      if (!NeverHolds({Kind::kAll, {}, {before.condition, part.condition}})) {
        continue;
      }
      clash.with = &before;
      break;
    }
    return clash;
  }
  return {};
}

Condition AnyOf(const std::vector<model::Clause>& clauses) {
  Condition any{Kind::kAny, {}, {}};
  for (const model::Clause& clause : clauses) any.of.push_back(clause.when);
  return any;
}

}  // namespace

bool RefuseNever(const syntax::Rule& rule, const Syscall& syscall,
                 const Condition& condition, syntax::Diagnostics& diagnostics) {
  if (!NeverHolds(condition)) return false;
  const std::vector<Part> parts = PartsOf(rule, syscall);
  const Clash clash = ClashIn(parts);
  const Span& span = clash.part ? clash.part->span : rule.syscall.span;
  const bool alone = parts.size() == 1;
  std::vector<Note> notes;
  if (clash.with) {
    notes.push_back({"what this test asks for", clash.with->span});
  }
  diagnostics.Add(
      {Code::kRuleNeverHolds,
       "the rule for " + Quote(rule.syscall.value) + " never holds", span,
       alone ? "no value passes" : "leaves nothing of the tests before",
       std::move(notes),
       "rules for one call are alternatives: write one for each case, or "
       "remove one of the tests"});
  return true;
}

bool RefuseAlways(const syntax::Rule& rule, const Condition& condition,
                  syntax::Diagnostics& diagnostics) {
  if (!NeverHolds({Kind::kNot, {}, {condition}})) return false;
  diagnostics.Add(
      {Code::kRuleWithoutCondition,
       "the rule for " + Quote(rule.syscall.value) + " holds for every call",
       rule.syscall.span,
       "restricts nothing",
       {},
       "move the call to `allow`, or correct the tests"});
  return true;
}

bool RefuseNeverBelow(const std::vector<RuleSet>& above, size_t arch,
                      const syntax::Rule& rule, const Condition& condition,
                      syntax::Diagnostics& diagnostics) {
  Condition all{Kind::kAll, {}, {condition}};
  for (const RuleSet& level : above) {
    if (!level.clauses[arch]) continue;
    all.of.push_back(AnyOf(*level.clauses[arch]));
    if (!NeverHolds(all)) continue;
    diagnostics.Add(
        {Code::kRuleNeverHolds,
         "the rule for " + Quote(rule.syscall.value) + " never holds",
         rule.syscall.span,
         "leaves nothing of what is inherited",
         {{"a level it extends allows only this", level.span}},
         "a level's rules for a call are added to those of the "
         "level it extends, and both must hold"});
    return true;
  }
  return false;
}

}  // namespace ringfence::resolve
