#include "resolve/denials.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <string>
#include <utility>

#include "base/check.h"
#include "resolve/argument_words.h"
#include "resolve/call.h"
#include "resolve/dangerous.h"
#include "resolve/syscall_table.h"

namespace ringfence::resolve {
namespace {

using model::ArgumentForm;
using model::DeniedCall;
using model::DeniedRule;
using model::Edit;
using model::RuleTest;

// The index of `value` in `list`, where it is put if it is new.
template <typename T>
uint16_t IndexOf(std::vector<T>& list, T value) {
  const auto at = std::ranges::find(list, value);
  if (at != list.end()) return static_cast<uint16_t>(at - list.begin());
  Check(list.size() < model::kNowhere, "resolve: too many forms of denials");
  list.push_back(std::move(value));
  return static_cast<uint16_t>(list.size() - 1);
}

ArgumentForm::Kind KindOf(const SyscallArgument& argument) {
  switch (argument.kind) {
    case SyscallArgument::Kind::kPointer:
      return ArgumentForm::Kind::kPointer;
    case SyscallArgument::Kind::kDescriptor:
      return ArgumentForm::Kind::kDescriptor;
    case SyscallArgument::Kind::kFlags:
      // umode_t: permissions are read in octal.
      return argument.bits == 16 ? ArgumentForm::Kind::kOctal
                                 : ArgumentForm::Kind::kNumber;
    case SyscallArgument::Kind::kInteger:
    case SyscallArgument::Kind::kSize:
    case SyscallArgument::Kind::kOffset:
      return ArgumentForm::Kind::kNumber;
  }
  CheckFailed("resolve: unknown kind of argument");
}

RuleTest::Op OpOf(syntax::ArgumentTest::Op op) {
  using From = syntax::ArgumentTest::Op;
  switch (op) {
    case From::kEq:
    case From::kIn:
      return RuleTest::Op::kIn;
    case From::kNotIn:
      return RuleTest::Op::kNotIn;
    case From::kRange:
      return RuleTest::Op::kRange;
    case From::kAllOf:
      return RuleTest::Op::kAllOf;
    case From::kAnyOf:
      return RuleTest::Op::kAnyOf;
    case From::kNoneOf:
      return RuleTest::Op::kNoneOf;
  }
  CheckFailed("resolve: unknown operator");
}

class Explaining {
 public:
  Explaining(const Chain& chain, const std::vector<syntax::Text>& workload_deny,
             CallSets& sets)
      : chain_(chain), workload_deny_(sets.Expand(workload_deny)) {
    for (const LevelStep& step : chain.steps) {
      deny_.push_back(sets.Expand(step.own->seccomp.deny));
    }
  }

  model::Denials Run(const model::SeccompPolicy& policy) {
    for (const model::CallPolicy& call : policy.calls) {
      if (model::LetsPass(call.otherwise.action)) continue;
      const Syscall* syscall = FindSyscall(policy.arch, call.number);
      Check(syscall != nullptr, "resolve: a policy for an unknown call");
      out_.calls.push_back(Explain(call, call.otherwise, *syscall));
    }
    return std::move(out_);
  }

 private:
  DeniedCall Explain(const model::CallPolicy& call, const model::Answer& denial,
                     const Syscall& syscall) {
    DeniedCall denied{.number = call.number,
                      .name = call.name,
                      .action = denial.action,
                      .error = denial.error,
                      .at = PlaceOf(call.source),
                      .form = FormOf(syscall),
                      .remedy = model::kNowhere,
                      .rules = {},
                      .above = 0};
    // Answered so by Ringfence itself: clone3.
    if (call.name == "clone3" && denial.error == ENOSYS) return denied;
    std::vector<Edit> edits;
    size_t edits_above = 0;
    size_t rules_above = 0;
    for (size_t i = 0; i < chain_.steps.size(); ++i) {
      edits_above = edits.size();
      rules_above = denied.rules.size();
      AddEdits(call.name, i, edits);
      AddRules(syscall, i, denied.rules);
    }
    if (const auto own = workload_deny_.find(call.name);
        own != workload_deny_.end()) {
      edits.push_back(Removal(own->second));
    }
    denied.above =
        static_cast<uint8_t>(edits.empty() ? rules_above : edits_above);
    if (!edits.empty()) {
      denied.remedy = IndexOf(out_.remedies, std::move(edits));
      // Whatever the arguments are.
      denied.rules.clear();
    }
    return denied;
  }

  // What level `i` has to change to allow the call.
  void AddEdits(const std::string& name, size_t i, std::vector<Edit>& edits) {
    const LevelStep& step = chain_.steps[i];
    const syntax::Seccomp& own = step.own->seccomp;
    if (!step.calls.allowed.contains(name)) {
      if (IsDangerous(name) && (own.dangerous || i == 0)) {
        edits.push_back({.kind = Edit::Kind::kJustify,
                         .what = "",
                         .key = "dangerous",
                         .at = PlaceOf(own.dangerous ? own.dangerous->span
                                                     : step.calls.allow_span)});
      } else if (own.allow) {
        edits.push_back({.kind = Edit::Kind::kAdd,
                         .what = "",
                         .key = "allow",
                         .at = PlaceOf(own.allow->span)});
      }
    }
    if (const auto deny = deny_[i].find(name); deny != deny_[i].end()) {
      edits.push_back(Removal(deny->second));
    }
  }

  Edit Removal(const Listed& listed) {
    return {
        .kind = listed.group.empty() ? Edit::Kind::kRemove : Edit::Kind::kSplit,
        .what = listed.group,
        .key = "deny",
        .at = PlaceOf(listed.span)};
  }

  void AddRules(const Syscall& syscall, size_t i,
                std::vector<std::vector<DeniedRule>>& levels) {
    std::vector<DeniedRule> rules;
    for (const syntax::Rule& rule : chain_.steps[i].own->seccomp.rules) {
      if (rule.syscall.value != syscall.name) continue;
      rules.push_back({.at = PlaceOf(rule.syscall.span),
                       .when = TestsOf(syscall, rule.when),
                       .unless = TestsOf(syscall, rule.unless)});
    }
    if (!rules.empty()) levels.push_back(std::move(rules));
  }

  static std::vector<RuleTest> TestsOf(
      const Syscall& syscall, const std::vector<syntax::ArgumentTest>& tests) {
    std::vector<RuleTest> out;
    for (const syntax::ArgumentTest& test : tests) {
      const auto argument = std::ranges::find(
          syscall.arguments, test.argument.value, &SyscallArgument::name);
      Check(argument != syscall.arguments.end(),
            "resolve: a rule for an unknown argument");
      const uint64_t mask = argument->bits >= 64
                                ? ~uint64_t{0}
                                : (uint64_t{1} << argument->bits) - 1;
      RuleTest to{.position = static_cast<uint8_t>(argument -
                                                   syscall.arguments.begin()),
                  .op = OpOf(test.op),
                  .is_signed = argument->is_signed,
                  .bits = argument->bits,
                  .key = test.argument.value,
                  .values = {}};
      for (const syntax::Text& value : test.values) {
        to.values.push_back(ParseValue(value.value).value().bits & mask);
      }
      out.push_back(std::move(to));
    }
    return out;
  }

  uint16_t FormOf(const Syscall& syscall) {
    std::vector<ArgumentForm> form;
    for (size_t i = 0; i < syscall.arguments.size(); ++i) {
      const SyscallArgument& argument = syscall.arguments[i];
      ArgumentForm plain{.name = std::string(argument.name),
                         .position = static_cast<uint8_t>(i),
                         .kind = KindOf(argument),
                         .is_signed = argument.is_signed,
                         .bits = argument.bits};
      // Names of the kernel's own parameters that begin so are no better.
      if (plain.name.starts_with('_')) plain.name.erase(0, 1);
      bool always = false;
      for (Vocabulary& words : VocabulariesOf(syscall, argument)) {
        ArgumentForm named = plain;
        named.words = IndexOf(out_.words, std::move(words.words));
        if (!words.given.empty()) {
          named.given = static_cast<uint16_t>(
              std::ranges::find(syscall.arguments, words.given,
                                &SyscallArgument::name) -
              syscall.arguments.begin());
          named.equals = static_cast<uint32_t>(words.equals);
        } else {
          always = true;
        }
        form.push_back(std::move(named));
      }
      if (!always) form.push_back(std::move(plain));
    }
    return IndexOf(out_.forms, std::move(form));
  }

  model::Place PlaceOf(const model::Source& source) {
    if (source.line == 0) return {};
    return {IndexOf(out_.files, source.file), source.line};
  }
  model::Place PlaceOf(const syntax::Span& span) {
    return PlaceOf(ToSource(span));
  }

  const Chain& chain_;
  CallSet workload_deny_;
  std::vector<CallSet> deny_;  // one a level, root first
  model::Denials out_;
};

}  // namespace

model::Denials ExplainDenials(const Chain& chain,
                              const std::vector<syntax::Text>& workload_deny,
                              const model::SeccompPolicy& policy,
                              CallSets& sets) {
  return Explaining(chain, workload_deny, sets).Run(policy);
}

}  // namespace ringfence::resolve
