#include "resolve/gate.h"

#include <map>
#include <utility>

#include "resolve/call.h"
#include "resolve/call_set.h"
#include "resolve/files.h"
#include "resolve/names.h"
#include "resolve/rule.h"
#include "resolve/syscall_table.h"
#include "resolve/vacuous.h"

namespace ringfence::resolve {
namespace {

using syntax::Code;
using syntax::Span;
using syntax::Text;

class Resolver {
 public:
  Resolver(const FindFile& find, syntax::Diagnostics& diagnostics)
      : files_(find, diagnostics),
        sets_(files_, diagnostics),
        diagnostics_(diagnostics) {}

  Gate Resolve(const syntax::Gate& gate) {
    Gate out{.name = gate.name.value,
             .levels = {},
             .rules = {},
             .span = gate.name.span};
    for (const Text& level : gate.levels) {
      static_cast<void>(files_.Level(level.value, level.span));
      out.levels.push_back(level.value);
    }
    std::map<std::string, Span> ids;
    for (const syntax::GateRule& rule : gate.rules) {
      const auto [first, fresh] = ids.emplace(rule.id.value, rule.id.span);
      if (!fresh) {
        Report(Code::kRuleTwice,
               "the gate has two rules " + Quote(rule.id.value), rule.id.span,
               "again here", {{"first here", first->second}},
               "give one of the two another id");
      }
      out.rules.push_back(ResolveRule(gate, rule));
    }
    return out;
  }

 private:
  void Report(Code code, std::string message, const Span& span,
              std::string label = "", std::vector<syntax::Note> notes = {},
              std::string help = "") {
    diagnostics_.Add({code, std::move(message), span, std::move(label),
                      std::move(notes), std::move(help)});
  }

  GateRule ResolveRule(const syntax::Gate& gate, const syntax::GateRule& rule) {
    GateRule out{.name = gate.name.value + "/" + rule.id.value,
                 .severity = rule.severity.value,
                 .reason = rule.reason.value,
                 .controls = {},
                 .span = rule.id.span,
                 .claim = {}};
    for (const Text& control : rule.controls) {
      out.controls.push_back(control.value);
    }
    int claims = 0;
    if (rule.requirements) {
      ++claims;
      out.claim = *rule.requirements;
    }
    if (rule.never_allows) {
      ++claims;
      out.claim = ResolveNever(*rule.never_allows);
    }
    if (rule.at_most) {
      ++claims;
      static_cast<void>(files_.Level(rule.at_most->value, rule.at_most->span));
      out.claim = AtMost{rule.at_most->value};
    }
    if (rule.must_allow) {
      ++claims;
      out.claim = MustAllow{rule.must_allow->value,
                            ResolveCalls(*rule.must_allow, diagnostics_)};
    }
    if (rule.max_age) {
      ++claims;
      out.claim = MaxAge{static_cast<uint32_t>(rule.max_age->value)};
    }
    if (claims != 1) {
      Report(Code::kRuleWithoutClaim,
             "the rule " + Quote(rule.id.value) +
                 (claims == 0 ? " claims nothing" : " claims several things"),
             rule.id.span, "", {},
             "exactly one of requires, never_allows, at_most, must_allow, "
             "max_age");
    }
    return out;
  }

  Never ResolveNever(const syntax::NeverAllows& never) {
    const bool conditions = !never.when.empty() || !never.unless.empty();
    if (never.syscall.has_value() == !never.syscalls.empty() ||
        (!never.syscall && conditions)) {
      Report(Code::kNeverNothing,
             "`never_allows` needs either `syscall`, with or without "
             "conditions, or `syscalls`",
             never.span);
      return {};
    }
    Never out;
    if (never.syscall) {
      AddConditional(*never.syscall, never, out);
      return out;
    }
    for (const auto& [name, listed] : sets_.Expand(never.syscalls)) {
      if (listed.group.empty()) {
        AddConditional({name, listed.span}, never, out);
        continue;
      }
      for (const uint32_t arch : kArchitectures) {
        const Syscall* call = FindSyscall(arch, name);
        if (call == nullptr || !call->enforceable) continue;
        out.calls.push_back({name, arch, call->number, model::Always()});
      }
    }
    return out;
  }

  void AddConditional(const Text& syscall, const syntax::NeverAllows& never,
                      Never& out) {
    if (!IsSyscall(syscall.value)) {
      Report(Code::kUnknownSyscall,
             "unknown system call " + Quote(syscall.value), syscall.span,
             "no architecture has it", {}, SuggestSyscall(syscall.value));
      return;
    }
    bool reported = false;
    for (const uint32_t arch : kArchitectures) {
      const Syscall* call = FindSyscall(arch, syscall.value);
      if (call == nullptr) continue;
      if (!call->enforceable) {
        Report(Code::kUnenforceable,
               "no filter can deny " + Quote(syscall.value), syscall.span,
               "this rule could never hold");
        return;
      }
      // What is wrong on two architectures is said once.
      syntax::Diagnostics again;
      syntax::Diagnostics& sink = reported ? again : diagnostics_;
      const syntax::Rule rule{syscall, never.when, never.unless, {}, {}};
      auto when = CompileRule(rule, *call, sink);
      if (when && !RefuseNever(rule, *call, *when, sink)) {
        out.calls.push_back(
            {syscall.value, arch, call->number, *std::move(when)});
      } else {
        reported = true;
      }
    }
  }

  Files files_;
  CallSets sets_;
  syntax::Diagnostics& diagnostics_;
};

}  // namespace

std::optional<Gate> ResolveGate(const syntax::Document& document,
                                const FindFile& find,
                                syntax::Diagnostics& diagnostics) {
  const auto* gate = std::get_if<syntax::Gate>(&document.content);
  if (gate == nullptr) {
    diagnostics.Add({Code::kWrongKindOfFile,
                     "this file is not a Gate",
                     document.kind,
                     "",
                     {},
                     "gates begin with `kind: Gate`"});
    return std::nullopt;
  }
  const size_t before = diagnostics.size();
  Gate out = Resolver(find, diagnostics).Resolve(*gate);
  if (diagnostics.size() != before) return std::nullopt;
  return out;
}

}  // namespace ringfence::resolve
