#include "check/check.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "check/dates.h"

namespace ringfence::check {
namespace {

using syntax::Code;

std::string Quote(const std::string& text) { return "`" + text + "`"; }

}  // namespace

size_t Report::Errors() const {
  return static_cast<size_t>(
      std::ranges::count_if(findings, [](const Finding& finding) {
        return !finding.waived && finding.severity == Severity::kError;
      }));
}

size_t Report::Warnings() const {
  return static_cast<size_t>(
      std::ranges::count_if(findings, [](const Finding& finding) {
        return !finding.waived && finding.severity == Severity::kWarning;
      }));
}

size_t Report::Waived() const {
  return findings.size() - Errors() - Warnings();
}

bool Report::Undecided() const {
  return std::ranges::any_of(findings, [](const Finding& finding) {
    return finding.code == Code::kNotDecided;
  });
}

void Checker::Add(const Subject& subject, const std::string& canonical) {
  subjects_.insert(canonical);
  if (subject.is_level) {
    Note(kTests, subject, canonical, judge_.Tests(subject));
  }
  bool judged = false;
  for (const resolve::Gate& gate : gates_) {
    if (!AppliesTo(gate, subject)) continue;
    judged = true;
    used_gates_.insert(gate.name);
    for (const resolve::GateRule& rule : gate.rules) {
      Note(rule.name, subject, canonical, judge_.Apply(rule, subject, today_));
    }
  }
  if (judged) return;
  report_.findings.push_back(
      {.code = Code::kJudgedByNoGate,
       .severity = Severity::kWarning,
       .rule = kGates,
       .subject = subject.file,
       .name = subject.name,
       .message = "no gate is about " + Quote(subject.name),
       .at = subject.span,
       .help = "no rule was tried on it but its own tests",
       .reason = "what no gate is about passes unseen",
       .key = "no gate"});
}

void Checker::AddLoosening(const Subject& subject, const std::string& canonical,
                           std::vector<Finding> findings) {
  for (Finding& finding : findings) {
    finding.rule = kLoosening;
    finding.subject = subject.file;
    finding.name = subject.name;
  }
  Note(kLoosening, subject, canonical, std::move(findings));
}

void Checker::AddHost(const Subject& subject, const std::string& canonical,
                      const std::string& host, std::vector<Finding> findings) {
  const std::string rule = "host/" + host;
  for (Finding& finding : findings) {
    const bool refused = finding.severity == Severity::kError;
    finding.code = refused ? Code::kHostCannotEnforce : Code::kHostCutsLimit;
    finding.rule = rule;
    finding.subject = subject.file;
    finding.name = subject.name;
    finding.reason = refused
                         ? "what a host cannot enforce is refused there"
                         : "a launch sets no limit above the user's hard one";
  }
  Note(rule, subject, canonical, std::move(findings));
}

void Checker::Note(const std::string& rule, const Subject& subject,
                   const std::string& canonical,
                   std::vector<Finding> findings) {
  report_.tried.push_back({rule, subject.file, subject.name});
  const bool undecided = std::ranges::any_of(findings, [](const Finding& one) {
    return one.code == Code::kNotDecided;
  });
  // What nobody knows cannot be excused.
  const syntax::Waiver* waiver =
      undecided ? nullptr : WaiverFor(rule, canonical);
  judged_[{rule, canonical}] = !findings.empty();
  for (Finding& finding : findings) {
    if (waiver != nullptr) finding.waived = *waiver;
    report_.findings.push_back(std::move(finding));
  }
}

const syntax::Waiver* Checker::WaiverFor(const std::string& rule,
                                         const std::string& canonical) {
  for (const KnownWaiver& known : waivers_) {
    if (known.waiver.rule.value != rule || known.subject != canonical) continue;
    const WaiverState state = StateOf(known.waiver, today_);
    if (state == WaiverState::kValid || state == WaiverState::kEndsSoon) {
      return &known.waiver;
    }
  }
  return nullptr;
}

void Checker::JudgeWaivers() {
  for (const KnownWaiver& known : waivers_) {
    const syntax::Waiver& waiver = known.waiver;
    if (!subjects_.contains(known.subject)) continue;
    const auto add = [&](Code code, Severity severity, std::string message,
                         const syntax::Span& at, std::string help) {
      report_.findings.push_back(
          {.code = code,
           .severity = severity,
           .rule = kWaivers,
           .subject = known.file,
           .name = waiver.rule.value,
           .message = std::move(message),
           .at = at,
           .help = std::move(help),
           .reason = "a waiver is for a while, and for "
                     "what is really there",
           .key = waiver.rule.value + " " + waiver.subject.value});
    };
    report_.tried.push_back({kWaivers, known.file, waiver.rule.value});
    const std::string what = "the waiver of " + Quote(waiver.rule.value) +
                             " for " + Quote(waiver.subject.value);
    const WaiverState state = StateOf(waiver, today_);
    const auto judged = judged_.find({waiver.rule.value, known.subject});
    const bool loosening = waiver.rule.value == kLoosening;
    if (state == WaiverState::kExpired) {
      add(Code::kWaiverExpired, Severity::kError,
          what + " expired on " + Text(waiver.expires.value),
          waiver.expires.span,
          "mend what it is for, or have it granted anew: " +
              waiver.owner.value + ", " + waiver.ticket.value);
    } else if (judged == judged_.end() ? !loosening : !judged->second) {
      add(Code::kWaiverUnused, Severity::kError, what + " excuses nothing",
          waiver.rule.span,
          judged == judged_.end() ? "the gate is not about this file; remove it"
                                  : "the rule holds; remove it");
    } else if (state == WaiverState::kEndsSoon) {
      add(Code::kWaiverEndsSoon, Severity::kWarning,
          what + " ends on " + Text(waiver.expires.value), waiver.expires.span,
          waiver.owner.value + ", " + waiver.ticket.value);
    }
  }
}

Report Checker::Finish() {
  JudgeWaivers();
  for (const resolve::Gate& gate : gates_) {
    if (used_gates_.contains(gate.name)) continue;
    report_.findings.push_back(
        {.code = Code::kGateJudgesNothing,
         .severity = Severity::kWarning,
         .rule = kGates,
         .subject = gate.span.file,
         .name = gate.name,
         .message = "the gate " + Quote(gate.name) +
                    " is about none of the files that were checked",
         .at = gate.span,
         .help = "check a file of a level that it applies to",
         .reason = "a gate that judges nothing keeps nothing out",
         .key = gate.name});
  }
  std::ranges::stable_sort(report_.findings, {}, [](const Finding& finding) {
    return std::tie(finding.subject, finding.rule, finding.at.file,
                    finding.at.line, finding.key);
  });
  return std::exchange(report_, {});
}

}  // namespace ringfence::check
