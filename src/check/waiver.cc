#include "check/waiver.h"

#include <algorithm>
#include <map>
#include <utility>

#include "check/dates.h"
#include "syntax/suggest.h"

namespace ringfence::check {
namespace {

using syntax::Code;
using syntax::Span;

std::string Quote(const std::string& text) { return "`" + text + "`"; }

std::vector<std::string> RulesOf(std::span<const resolve::Gate> gates) {
  // A level's tests are its own: who does not want one removes it.
  std::vector<std::string> names = {kLoosening};
  for (const resolve::Gate& gate : gates) {
    for (const resolve::GateRule& rule : gate.rules) names.push_back(rule.name);
  }
  return names;
}

}  // namespace

WaiverState StateOf(const syntax::Waiver& waiver, const syntax::Date& today) {
  const int days = DaysBetween(today, waiver.expires.value);
  if (days < 0) return WaiverState::kExpired;
  if (days > kMostDays) return WaiverState::kTooLong;
  return days <= kSoonDays ? WaiverState::kEndsSoon : WaiverState::kValid;
}

std::vector<KnownWaiver> ResolveWaivers(
    std::span<const syntax::Document> documents,
    std::span<const resolve::Gate> gates, const FindSubject& find,
    const syntax::Date& today, syntax::Diagnostics& diagnostics) {
  const std::vector<std::string> rules = RulesOf(gates);
  std::vector<KnownWaiver> known;
  std::map<std::pair<std::string, std::string>, Span> seen;
  for (const syntax::Document& document : documents) {
    const auto& waiver = std::get<syntax::Waiver>(document.content);
    const size_t before = diagnostics.size();
    const auto report = [&](Code code, std::string message, const Span& at,
                            std::vector<syntax::Note> notes, std::string help) {
      diagnostics.Add({code, std::move(message), at, "", std::move(notes),
                       std::move(help)});
    };
    if (std::ranges::find(rules, waiver.rule.value) == rules.end()) {
      const std::vector<std::string_view> names(rules.begin(), rules.end());
      report(Code::kWaivesUnknownRule,
             "no gate has the rule " + Quote(waiver.rule.value),
             waiver.rule.span, {},
             syntax::DidYouMean(waiver.rule.value, names));
    }
    const auto subject = find(waiver.subject.value);
    if (!subject) {
      report(Code::kWaivesNothing,
             "there is no file " + Quote(waiver.subject.value),
             waiver.subject.span, {},
             "a path from the folder that holds the folder of policies");
    }
    if (StateOf(waiver, today) == WaiverState::kTooLong) {
      report(Code::kWaivedTooLong,
             "the waiver lasts more than " + std::to_string(kMostDays) +
                 " days from " + Text(today),
             waiver.expires.span, {}, "choose an earlier day");
    }
    if (subject) {
      const auto [first, fresh] = seen.emplace(
          std::pair(waiver.rule.value, *subject), waiver.rule.span);
      if (!fresh) {
        report(Code::kWaivedTwice,
               Quote(waiver.rule.value) + " is waived twice for " +
                   Quote(waiver.subject.value),
               waiver.rule.span, {{"first here", first->second}},
               "remove one of the two");
      }
    }
    if (diagnostics.size() == before) {
      known.push_back({waiver, document.file, *subject});
    }
  }
  return known;
}

void RefuseEqualNames(std::span<const resolve::Gate> gates,
                      syntax::Diagnostics& diagnostics) {
  std::map<std::string, Span> seen;
  for (const resolve::Gate& gate : gates) {
    const auto [first, fresh] = seen.emplace(gate.name, gate.span);
    if (gate.name == "ringfence") {
      diagnostics.Add({Code::kGateTwice,
                       "the name `ringfence` is taken by the rules that every "
                       "check has",
                       gate.span,
                       "",
                       {},
                       "choose another name"});
    } else if (!fresh) {
      diagnostics.Add({Code::kGateTwice,
                       "there are two gates " + Quote(gate.name),
                       gate.span,
                       "again here",
                       {{"first here", first->second}},
                       "rename one of the two"});
    }
  }
}

}  // namespace ringfence::check
