// The system calls of a level: inherited, tightened, and turned into one
// policy an architecture. level.h says what the result means.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/seccomp.h"
#include "resolve/call_set.h"
#include "resolve/names.h"
#include "syntax/diagnostic.h"
#include "syntax/document.h"

namespace ringfence::resolve {

// The rules that one level has for one call: allowed where one of them holds.
struct RuleSet {
  // By index into kArchitectures, one clause a rule; nothing where the call
  // does not exist.
  std::array<std::optional<std::vector<model::Clause>>, kArchitectures.size()>
      clauses;
  syntax::Span span;  // of the first rule
};

// An entry of `dangerous`.
struct Justified {
  syntax::Span span;  // of the call
  syntax::Spanned<syntax::Date> review_by;
};

// What a level says about calls by name, with everything it inherits.
struct LevelCalls {
  syntax::Spanned<syntax::KernelVersion> baseline;
  syntax::Spanned<syntax::Denial> denied;
  CallSet allowed;          // before `deny`
  syntax::Span allow_span;  // of the list that says so
  std::map<std::string, syntax::Span> deny;
  std::map<std::string, std::vector<RuleSet>> rules;  // one a level, root first
  std::map<std::string, syntax::Spanned<syntax::Denial>> answers;
  std::map<std::string, syntax::Span> log;     // of calls that are allowed
  std::map<std::string, Justified> justified;  // by `dangerous`
};

// `own` applied to the level it extends (null: it extends nothing, and has a
// baseline, `denied` and `allow`). Every loosening and contradiction is a
// diagnostic; the result goes on without what was refused.
[[nodiscard]] LevelCalls TightenCalls(const LevelCalls* parent,
                                      const syntax::Seccomp& own,
                                      CallSets& sets,
                                      syntax::Diagnostics& diagnostics);

// A workload's own `deny`, added to its level's.
void DenyMore(LevelCalls& calls, const std::vector<syntax::Text>& deny,
              CallSets& sets);

// One policy for each of kArchitectures, in that order.
[[nodiscard]] std::vector<model::SeccompPolicy> BuildPolicies(
    const LevelCalls& calls);

// False, with a diagnostic, if a call that the launcher needs after the filter
// is installed is not a plain allow.
bool CheckLauncherNeeds(const LevelCalls& calls,
                        const std::vector<model::SeccompPolicy>& policies,
                        syntax::Diagnostics& diagnostics);

}  // namespace ringfence::resolve
