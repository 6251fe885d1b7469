// `requires`, `must_allow` and `max_age`: what is read off, without a proof.
#include <algorithm>
#include <string>

#include "check/dates.h"
#include "check/rules.h"
#include "resolve/paths.h"
#include "syntax/schema.h"

namespace ringfence::check {
namespace {

using syntax::Code;
using syntax::Span;

std::string Quote(const std::string& text) { return "`" + text + "`"; }

class Bounds {
 public:
  explicit Bounds(const Subject& subject) : subject_(subject) {}

  void Add(const Span& at, const Span& bound, const std::string& key,
           std::string message) {
    Finding finding{.code = Code::kRequirement,
                    .message = std::move(message),
                    .at = at.line != 0 ? at : subject_.span,
                    .key = key};
    finding.notes.push_back({"the gate bounds it here", bound});
    findings_.push_back(std::move(finding));
  }

  // Everything in `asked` is one of `bound`, or `inside` it.
  template <typename Bound, typename Inside>
  void Each(const std::vector<Asked>& asked, const std::optional<Bound>& bound,
            const char* what, Inside inside) {
    if (!bound) return;
    for (const Asked& one : asked) {
      const bool held = std::ranges::any_of(
          bound->items,
          [&](const auto& item) { return inside(one.what, item.value); });
      if (!held) {
        Add(one.at, bound->span, std::string(what) + " " + one.what,
            std::string(what) + " " + Quote(one.what) +
                " is more than the gate lets it have");
      }
    }
  }

  void AtMost(const Amount& amount,
              const std::optional<syntax::Spanned<uint64_t>>& bound,
              const char* what) {
    if (!bound || (amount.amount && *amount.amount <= bound->value)) return;
    const std::string is =
        amount.amount ? std::to_string(*amount.amount) : "without limit";
    Add(amount.at, bound->span, what,
        std::string(what) + ": " + is + ", at most " +
            std::to_string(bound->value) + " by the gate");
  }

  std::vector<Finding> Take() { return std::move(findings_); }

 private:
  const Subject& subject_;
  std::vector<Finding> findings_;
};

template <typename Words>
auto IsWord(const Words& words) {
  return [words](const std::string& asked, auto value) {
    return asked == words[static_cast<size_t>(value)];
  };
}

bool IsSame(const std::string& asked, const std::string& value) {
  return asked == value;
}

bool IsInside(const std::string& path, const std::string& tree) {
  return resolve::IsInside(path, tree);
}

}  // namespace

std::vector<Finding> Required(const resolve::Requirements& required,
                              const Subject& subject) {
  Bounds bounds(subject);
  const Bounded& is = subject.bounded;
  bounds.Each(is.capabilities, required.capabilities, "capability", IsSame);
  bounds.Each(is.may_read, required.may_read, "reading", IsInside);
  bounds.Each(is.may_write, required.may_write, "writing", IsInside);
  bounds.Each(is.may_execute, required.may_execute, "executing", IsInside);
  bounds.Each(is.modes, required.modes, "network mode",
              IsWord(syntax::NetworkModeWords()));
  bounds.Each(is.modules, required.any_of, "confinement by",
              IsWord(syntax::SecurityModuleWords()));
  bounds.AtMost(is.processes, required.processes, "processes");
  bounds.AtMost(is.open_files, required.open_files, "open files");
  bounds.AtMost(is.memory, required.memory, "bytes of memory");
  bounds.AtMost(is.cpu, required.cpu, "thousandths of a core");
  bounds.AtMost(is.disk_read, required.disk_read,
                "bytes a second from each disk");
  bounds.AtMost(is.disk_write, required.disk_write,
                "bytes a second to each disk");
  if (required.colocate) {
    const std::string word(
        syntax::ColocateWords()[static_cast<size_t>(is.colocate)]);
    bounds.Each({{word, is.colocate_at}}, required.colocate,
                "sharing a host by", IsWord(syntax::ColocateWords()));
  }
  return bounds.Take();
}

std::vector<Finding> MustAllow(const resolve::MustAllow& must,
                               const Subject& subject) {
  using prove::Reading;
  for (const model::Call& call : must.calls) {
    for (const model::SeccompPolicy& policy : subject.policies) {
      if (policy.arch != call.arch) continue;
      const model::Answer answer = model::Meaning(policy, call);
      if (model::LetsPass(answer.action)) continue;
      const model::Source by = SourceOf(subject.policies, call);
      return {
          {.code = Code::kNotAllowed,
           .message = Quote(must.text) + " is denied",
           .at = by.line != 0 ? Span{by.file, by.line, by.column, 1}
                              : subject.span,
           .label = by.line != 0 ? "denied here" : "no line allows it",
           .witness =
               Witness{
                   {.nr = call.number, .arch = call.arch, .args = call.args},
                   prove::OutcomeOf(answer, Reading::kSeen),
                   prove::OutcomeOf(model::kAllowed, Reading::kSeen)},
           .key = must.text}};
    }
  }
  return {};
}

std::vector<Finding> MaxAge(const resolve::MaxAge& max_age,
                            const Subject& subject, const syntax::Date& today) {
  std::vector<Finding> findings;
  for (const resolve::DangerousEntry& entry : subject.dangerous) {
    const int days = DaysBetween(today, entry.review_by.value);
    if (days >= 0 && days <= static_cast<int>(max_age.days)) continue;
    const std::string call = Quote(entry.syscall);
    findings.push_back(
        {.code = Code::kReviewDue,
         .message = days < 0
                        ? "the review of " + call + " was due on " +
                              Text(entry.review_by.value)
                        : "the review of " + call + " is " +
                              std::to_string(days) + " days ahead, at most " +
                              std::to_string(max_age.days) + " by the gate",
         .at = entry.review_by.span,
         .help = "look whether the call is still needed, and write the day of "
                 "the next review",
         .key = entry.syscall});
  }
  return findings;
}

}  // namespace ringfence::check
