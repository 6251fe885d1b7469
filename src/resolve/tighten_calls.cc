// TightenCalls: one level's `seccomp` applied to that of the level it extends.
#include <algorithm>
#include <array>
#include <cerrno>

#include "base/check.h"
#include "resolve/constants.h"
#include "resolve/dangerous.h"
#include "resolve/rule.h"
#include "resolve/seccomp.h"
#include "resolve/syscall_table.h"
#include "resolve/vacuous.h"

namespace ringfence::resolve {
namespace {

using syntax::Code;
using syntax::Denial;
using syntax::Note;
using syntax::Span;
using syntax::Spanned;
using syntax::Text;

using Way = Denial::Way;

// The same word as in profiles.
std::string Word(const Denial& denial) {
  switch (denial.way) {
    case Way::kExplain:
      return "explain";
    case Way::kQuiet:
      return denial.error == EPERM ? "quiet" : ErrnoName(denial.error);
    case Way::kKill:
      return "kill";
  }
  CheckFailed("resolve: unknown answer");
}

bool Enforceable(const std::string& name) {
  return std::ranges::all_of(kArchitectures, [&](uint32_t arch) {
    const Syscall* syscall = FindSyscall(arch, name);
    return syscall == nullptr || syscall->enforceable;
  });
}

// The oldest kernel that has the call on any architecture.
KernelVersion Since(const std::string& name) {
  KernelVersion since{0xFFFF, 0};
  for (const uint32_t arch : kArchitectures) {
    if (const Syscall* syscall = FindSyscall(arch, name)) {
      since = std::min(since, syscall->since);
    }
  }
  return since;
}

// As `arch` of a rule names them, in the order of kArchitectures.
constexpr std::array<std::string_view, kArchitectures.size()> kArchNames{
    "x86_64", "aarch64"};

// The one that does not have the call; "" where all do.
std::string_view ArchitectureWithout(std::string_view name) {
  for (size_t i = 0; i < kArchitectures.size(); ++i) {
    if (FindSyscall(kArchitectures[i], name) == nullptr) return kArchNames[i];
  }
  return "";
}

std::string_view Other(std::string_view arch) {
  return arch == kArchNames[0] ? kArchNames[1] : kArchNames[0];
}

class Tightening {
 public:
  Tightening(const LevelCalls* parent, const syntax::Seccomp& own,
             CallSets& sets, syntax::Diagnostics& diagnostics)
      : parent_(parent),
        own_(own),
        sets_(sets),
        diagnostics_(diagnostics),
        result_(parent != nullptr ? *parent : LevelCalls{}) {}

  LevelCalls Run() {
    Baseline();
    Denied();
    const CallSet denied = Deny();
    Dangerous();
    Allow(denied);
    Rules(denied);
    AnswerLists();
    Log();
    return std::move(result_);
  }

 private:
  void Report(Code code, std::string message, const Span& span,
              std::string label, std::vector<Note> notes = {},
              std::string help = "") {
    diagnostics_.Add({code, std::move(message), span, std::move(label),
                      std::move(notes), std::move(help)});
  }

  // The same about a ceiling. True: what is said here must not be applied.
  [[nodiscard]] bool Refuses(Code code, std::string message, const Span& span,
                             std::string label, Note above,
                             std::string help = "") {
    return diagnostics_.RefusesLoosening({code,
                                          std::move(message),
                                          span,
                                          std::move(label),
                                          {std::move(above)},
                                          std::move(help)});
  }

  void Baseline() {
    if (!own_.kernel_baseline) return;
    const auto& baseline = *own_.kernel_baseline;
    if (parent_ != nullptr && baseline.value > parent_->baseline.value) {
      if (Refuses(Code::kLoosensBaseline,
                  "kernel_baseline is newer than that of the level it extends",
                  baseline.span, "newer",
                  {"inherited from here", parent_->baseline.span},
                  "name the same kernel or an older one")) {
        return;
      }
    }
    result_.baseline = baseline;
  }

  void Denied() {
    if (!own_.denied) return;
    if (parent_ != nullptr && parent_->denied.value.way == Way::kKill &&
        own_.denied->value.way != Way::kKill) {
      if (Refuses(Code::kLoosensAnswer, "the level it extends kills",
                  own_.denied->span, "softer",
                  {"inherited from here", parent_->denied.span})) {
        return;
      }
    }
    result_.denied = *own_.denied;
  }

  // A call named by itself where it cannot have an effect.
  bool RefuseUnenforceable(const std::string& name, const Span& span) {
    if (Enforceable(name)) return false;
    Report(Code::kUnenforceable, "no filter can deny " + Quote(name), span,
           "has no effect", {}, "remove it; the kernel always lets it pass");
    return true;
  }

  void RefuseNewer(const std::string& name, const Span& span) {
    const KernelVersion since = Since(name);
    const syntax::KernelVersion baseline = result_.baseline.value;
    if (since <= KernelVersion{baseline.major, baseline.minor}) return;
    Report(Code::kNewerThanBaseline,
           Quote(name) + " came with Linux " + std::to_string(since.major) +
               "." + std::to_string(since.minor),
           span, "newer than kernel_baseline",
           {{"kernel_baseline is set here", result_.baseline.span}},
           "it is answered with ENOSYS; remove it");
  }

  CallSet Deny() {
    CallSet denied = sets_.Expand(own_.deny);
    for (const auto& [name, listed] : denied) {
      if (listed.group.empty()) RefuseUnenforceable(name, listed.span);
      result_.deny.emplace(name, listed.span);
    }
    return denied;
  }

  void Dangerous() {
    if (!own_.dangerous) return;
    result_.justified.clear();
    for (const syntax::DangerousCall& entry : own_.dangerous->items) {
      const std::string& name = entry.syscall.value;
      if (!IsSyscall(name)) {
        Report(Code::kUnknownSyscall, "unknown system call " + Quote(name),
               entry.syscall.span, "no architecture has it", {},
               SuggestSyscall(name));
      } else if (!IsDangerous(name)) {
        Report(Code::kNotDangerous,
               Quote(name) + " is not on the list of dangerous calls",
               entry.syscall.span, "", {}, "put it into `allow`");
      } else {
        result_.justified.emplace(
            name, Justified{entry.syscall.span, entry.review_by});
      }
    }
  }

  // `allow` and `dangerous`: the calls that may be allowed at all.
  void Allow(const CallSet& denied) {
    CallSet own;
    if (own_.allow) own = sets_.Expand(own_.allow->items);
    if (own_.dangerous) {
      for (const auto& [name, entry] : result_.justified) {
        own.emplace(name, Listed{entry.span, ""});
      }
    }
    for (const auto& [name, listed] : own) CheckAllowed(name, listed, denied);
    if (own_.allow) {
      result_.allowed = own;
      result_.allow_span = own_.allow->span;
    } else {
      if (own_.dangerous) DropUnjustified();
      if (parent_ == nullptr) result_.allowed.merge(own);
    }
    if (diagnostics_.loosening() == syntax::Loosening::kApplied) return;
    // Refused above; dropped here, so that nothing is built on them.
    std::erase_if(result_.allowed, [&](const auto& item) {
      return parent_ != nullptr && !parent_->allowed.contains(item.first);
    });
  }

  void DropUnjustified() {
    std::erase_if(result_.allowed, [&](const auto& item) {
      return IsDangerous(item.first) && !result_.justified.contains(item.first);
    });
  }

  void CheckAllowed(const std::string& name, const Listed& listed,
                    const CallSet& denied) {
    const bool by_name = listed.group.empty();
    if (IsDangerous(name) && !result_.justified.contains(name)) {
      Report(Code::kDangerousWithoutReason,
             Quote(name) + " is dangerous and has no reason", listed.span,
             by_name ? "" : "through this group", {},
             "move it to `dangerous` with reason, owner and review_by");
    }
    if (parent_ != nullptr && !parent_->allowed.contains(name)) {
      if (Refuses(Code::kLoosensAllow,
                  by_name ? "the level it extends does not allow " + Quote(name)
                          : Quote(listed.group) + " brings " + Quote(name) +
                                ", which the level it extends does not allow",
                  listed.span, "allowed here",
                  {"the level it extends allows only these",
                   parent_->allow_span})) {
        return;
      }
    }
    if (!by_name) return;
    RefuseNewer(name, listed.span);
    if (const auto own = denied.find(name);
        own != denied.end() && own->second.group.empty()) {
      Report(Code::kTwoVerdicts, Quote(name) + " is allowed and denied",
             own->second.span, "denied here",
             {{"allowed by name here", listed.span}}, "remove one of the two");
    } else if (parent_ != nullptr && parent_->deny.contains(name)) {
      if (!Refuses(Code::kLoosensAllow,
                   Quote(name) + " is denied by a level it extends",
                   listed.span, "allowed by name here",
                   {"denied here", parent_->deny.at(name)})) {
        result_.deny.erase(name);
      }
    }
  }

  void Rules(const CallSet& denied) {
    std::vector<std::string> names;  // in the order of the file
    std::map<std::string, std::vector<const syntax::Rule*>> own;
    for (const syntax::Rule& rule : own_.rules) {
      if (!CheckRule(rule, denied)) continue;
      const std::string& name = rule.syscall.value;
      if (own[name].empty()) names.push_back(name);
      own[name].push_back(&rule);
      if (rule.answer) SetAnswer(name, *rule.answer);
    }
    for (const std::string& name : names) {
      const Span& span = own[name].front()->syscall.span;
      result_.allowed.emplace(name, Listed{span, ""});
      result_.rules[name].push_back(CompileRules(name, own[name], span));
    }
  }

  // A rule for a call that some architecture does not have says so.
  bool CheckArchitecture(const syntax::Rule& rule) {
    const std::string& name = rule.syscall.value;
    const std::string_view missing = ArchitectureWithout(name);
    if (missing.empty()) {
      if (!rule.arch) return true;
      Report(Code::kRuleArchitecture,
             Quote(name) + " exists on every architecture", rule.arch->span,
             "would leave the others open", {}, "remove `arch`");
      return false;
    }
    if (rule.arch && rule.arch->value != missing) return true;
    if (rule.arch) {
      Report(Code::kRuleArchitecture,
             Quote(name) + " does not exist on " + std::string(missing),
             rule.arch->span, "not there", {},
             "write `arch: " + std::string(Other(missing)) + "`");
      return false;
    }
    std::string help = "add `arch: " + std::string(Other(missing)) + "` to it";
    const std::string everywhere = name + "at";
    if (IsSyscall(everywhere) && ArchitectureWithout(everywhere).empty()) {
      help += ", and write a rule for " + Quote(everywhere) +
              ", which every architecture has";
    }
    Report(Code::kRuleArchitecture,
           Quote(name) + " does not exist on " + std::string(missing),
           rule.syscall.span, "would restrict nothing there", {},
           std::move(help));
    return false;
  }

  // False if the rule must not count.
  bool CheckRule(const syntax::Rule& rule, const CallSet& denied) {
    const std::string& name = rule.syscall.value;
    const Span& span = rule.syscall.span;
    if (!IsSyscall(name)) {
      Report(Code::kUnknownSyscall, "unknown system call " + Quote(name), span,
             "no architecture has it", {}, SuggestSyscall(name));
      return false;
    }
    if (RefuseUnenforceable(name, span)) return false;
    if (!CheckArchitecture(rule)) return false;
    if (rule.when.empty() && rule.unless.empty()) {
      Report(Code::kRuleWithoutCondition,
             "the rule for " + Quote(name) + " has no condition", span, "", {},
             "add `when` or `unless`, or move the call to `allow`");
      return false;
    }
    RefuseNewer(name, span);
    if (IsDangerous(name) && !result_.justified.contains(name)) {
      Report(Code::kDangerousWithoutReason,
             Quote(name) + " is dangerous and has no reason", span, "", {},
             "add it to `dangerous` with reason, owner and review_by");
    }
    if (const auto deny = denied.find(name); deny != denied.end()) {
      Report(Code::kTwoVerdicts, Quote(name) + " has a rule and is denied",
             deny->second.span, "denied here", {{"its rule", span}},
             "remove one of the two");
    }
    if (parent_ != nullptr && !parent_->allowed.contains(name)) {
      if (Refuses(Code::kLoosensAllow,
                  "the level it extends does not allow " + Quote(name), span,
                  "allowed by this rule",
                  {"the level it extends allows only these",
                   parent_->allow_span})) {
        return false;
      }
    }
    if (own_.allow) {
      const auto named =
          std::ranges::find(own_.allow->items, name, &Text::value);
      if (named != own_.allow->items.end()) {
        Report(Code::kTwoVerdicts,
               Quote(name) + " is allowed without condition and by a rule",
               span, "only where this holds",
               {{"always, by name, here", named->span}},
               "remove it from `allow`; a rule needs no entry there");
      }
    }
    return true;
  }

  RuleSet CompileRules(const std::string& name,
                       const std::vector<const syntax::Rule*>& rules,
                       const Span& span) {
    RuleSet set;
    set.span = span;
    bool reported = false;
    for (size_t i = 0; i < kArchitectures.size(); ++i) {
      const Syscall* syscall = FindSyscall(kArchitectures[i], name);
      if (syscall == nullptr) continue;
      // What is wrong on two architectures is said once.
      syntax::Diagnostics again;
      syntax::Diagnostics& sink = reported ? again : diagnostics_;
      const size_t before = sink.size();
      std::vector<model::Clause> clauses;
      for (const syntax::Rule* rule : rules) {
        auto condition = CompileRule(*rule, *syscall, sink);
        if (!condition || RefuseNever(*rule, *syscall, *condition, sink) ||
            RefuseAlways(*rule, *condition, sink) ||
            RefuseNeverBelow(result_.rules[name], i, *rule, *condition, sink)) {
          continue;
        }
        clauses.push_back({*std::move(condition), model::kAllowed,
                           ToSource(rule->syscall.span)});
      }
      reported = sink.size() != before;
      set.clauses[i] = std::move(clauses);
    }
    return set;
  }

  void AnswerLists() {
    const auto apply = [&](const std::vector<Text>& list,
                           const Denial& denial) {
      for (const auto& [name, listed] : sets_.Expand(list)) {
        if (listed.group.empty() && RefuseUnenforceable(name, listed.span)) {
          continue;
        }
        SetAnswer(name, {denial, listed.span});
      }
    };
    apply(own_.answers.explain, {Way::kExplain, EPERM});
    apply(own_.answers.quiet, {Way::kQuiet, EPERM});
    apply(own_.answers.kill, {Way::kKill, 0});
    for (const auto& [error, calls] : own_.answers.with_errno) {
      apply(calls, {Way::kQuiet, error.value});
    }
  }

  // Added to the parent's: what a level wants to hear of, no level inside it
  // can silence. It decides nothing about what is allowed.
  void Log() {
    for (const auto& [name, listed] : sets_.Expand(own_.log)) {
      const bool by_name = listed.group.empty();
      if (by_name && RefuseUnenforceable(name, listed.span)) continue;
      const auto deny = result_.deny.find(name);
      const bool denied = deny != result_.deny.end();
      if (by_name && (denied || !result_.allowed.contains(name))) {
        Report(Code::kTwoVerdicts, Quote(name) + " is logged and not allowed",
               listed.span, "log is for calls that are allowed",
               denied ? std::vector<Note>{{"denied here", deny->second}}
                      : std::vector<Note>{},
               "remove it; `explain` reports a denied call");
        continue;
      }
      result_.log.emplace(name, listed.span);
    }
  }

  void SetAnswer(const std::string& name, const Spanned<Denial>& answer) {
    const auto [own, first] = own_answers_.try_emplace(name, answer);
    if (!first) {
      if (own->second.value == answer.value) return;
      Report(Code::kTwoVerdicts,
             "the denial of " + Quote(name) + " has two answers", answer.span,
             Word(answer.value) + " here",
             {{Word(own->second.value) + " here", own->second.span}},
             "remove one of the two");
      return;
    }
    if (parent_ != nullptr && answer.value.way != Way::kKill) {
      const auto inherited = parent_->answers.find(name);
      const Spanned<Denial>& before = inherited != parent_->answers.end()
                                          ? inherited->second
                                          : parent_->denied;
      if (before.value.way == Way::kKill) {
        if (Refuses(Code::kLoosensAnswer,
                    "the level it extends kills on " + Quote(name), answer.span,
                    "softer", {"inherited from here", before.span})) {
          return;
        }
      }
    }
    result_.answers[name] = answer;
  }

  const LevelCalls* parent_;
  const syntax::Seccomp& own_;
  CallSets& sets_;
  syntax::Diagnostics& diagnostics_;
  LevelCalls result_;
  std::map<std::string, Spanned<Denial>> own_answers_;
};

}  // namespace

LevelCalls TightenCalls(const LevelCalls* parent, const syntax::Seccomp& own,
                        CallSets& sets, syntax::Diagnostics& diagnostics) {
  return Tightening(parent, own, sets, diagnostics).Run();
}

}  // namespace ringfence::resolve
