// ResolveGate: a Gate file -> rules in which every name is looked up.
//
//   auto gate = ResolveGate(document, find, diagnostics);
//   for (const GateRule& rule : gate->rules) ...
//
// Pure but for `find`. A misspelt call, level or constant is an error here, not
// a rule that nothing can break.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/seccomp.h"
#include "resolve/lookup.h"
#include "syntax/diagnostic.h"
#include "syntax/document.h"

namespace ringfence::resolve {

// Not made while `when` holds.
struct NeverAllowed {
  std::string name;
  uint32_t arch = 0;
  uint32_t number = 0;
  model::Condition when;
};

// The claims a rule can make.
using Requirements = syntax::Requirements;
struct Never {
  std::vector<NeverAllowed> calls;
};
struct AtMost {
  std::string level;
};
struct MustAllow {
  std::string text;                // as written
  std::vector<model::Call> calls;  // one an architecture that has it
};
struct MaxAge {
  uint32_t days = 0;
};

struct GateRule {
  std::string name;  // "restricted/no-new-namespaces"
  syntax::Severity severity = syntax::Severity::kError;
  std::string reason;
  std::vector<std::string> controls;
  syntax::Span span;  // of its id
  std::variant<Requirements, Never, AtMost, MustAllow, MaxAge> claim;
};

struct Gate {
  std::string name;
  std::vector<std::string> levels;  // and what extends them; empty: everything
  std::vector<GateRule> rules;
  syntax::Span span;  // of its name
};

// `document` must hold a Gate; anything else is a diagnostic.
[[nodiscard]] std::optional<Gate> ResolveGate(const syntax::Document& document,
                                              const FindFile& find,
                                              syntax::Diagnostics& diagnostics);

}  // namespace ringfence::resolve
