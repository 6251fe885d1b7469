#include "resolve/host.h"

#include <map>
#include <string>

namespace ringfence::resolve {
namespace {

using syntax::Code;
using syntax::Text;

class Resolver {
 public:
  Resolver(const FindFile& find, const FindGroup& find_group,
           syntax::Diagnostics& diagnostics)
      : find_(find), find_group_(find_group), diagnostics_(diagnostics) {}

  model::HostPolicy Resolve(const syntax::Host& host) {
    model::HostPolicy policy;
    RefuseTwice(host.accepts);
    for (const Text& level : host.accepts) {
      CheckLevel(level);
      policy.accepts.push_back(level.value);
    }
    policy.draining = host.drain && host.drain->value;
    for (const syntax::MayStart& rule : host.may_start) {
      policy.may_start.push_back(ResolveRule(rule));
    }
    CheckSize(host.accepts, model::kMaxAccepted);
    CheckSize(host.foreign.known, model::kMaxKnown);
    if (host.may_start.size() > model::kMaxStartRules) {
      TooMuch(host.may_start.back().level.span, "levels",
              model::kMaxStartRules);
    }
    policy.containers = AnswerOf(host.foreign.containers);
    policy.services = AnswerOf(host.foreign.services);
    RefuseTwice(host.foreign.known);
    for (const Text& name : host.foreign.known) {
      if (name.value.size() > model::kMaxKnownLength) {
        TooMuch(name.span, "bytes in a name", model::kMaxKnownLength);
      }
      policy.known.push_back(name.value);
    }
    return policy;
  }

 private:
  static model::ForeignAnswer AnswerOf(
      const std::optional<syntax::Spanned<syntax::ForeignAnswer>>& answer) {
    return answer && answer->value == syntax::ForeignAnswer::kRefuse
               ? model::ForeignAnswer::kRefuse
               : model::ForeignAnswer::kName;
  }

  model::StartRule ResolveRule(const syntax::MayStart& rule) {
    CheckLevel(rule.level);
    RefuseTwice(rule.groups);
    CheckSize(rule.groups, model::kMaxStartGroups);
    model::StartRule resolved{rule.level.value, {}};
    for (const Text& group : rule.groups) {
      const auto gid = find_group_(group.value);
      if (gid) {
        resolved.groups.push_back(*gid);
      } else {
        diagnostics_.Add({.code = Code::kHostUnknownGroup,
                          .message = "there is no group `" + group.value + "`",
                          .span = group.span,
                          .label = "not in /etc/group",
                          .notes = {},
                          .help = "groupadd --system " + group.value +
                                  ", or correct the name"});
      }
    }
    return resolved;
  }

  void TooMuch(const syntax::Span& span, std::string_view what, size_t most) {
    diagnostics_.Add({.code = Code::kHostTooMuch,
                      .message = "more than " + std::to_string(most) + " " +
                                 std::string(what),
                      .span = span,
                      .label = "one too many",
                      .notes = {},
                      .help = ""});
  }

  void CheckSize(const std::vector<Text>& names, size_t most) {
    if (names.size() > most) TooMuch(names[most].span, "names", most);
  }

  void CheckLevel(const Text& level) {
    if (find_(FileKind::kTrustLevel, level.value)) return;
    diagnostics_.Add(
        {.code = Code::kHostUnknownLevel,
         .message = "there is no trust level `" + level.value + "`",
         .span = level.span,
         .label = "no profile has this name",
         .notes = {},
         .help = "put " + level.value +
                 ".yaml into /etc/ringfence/profiles, or correct the name"});
  }

  void RefuseTwice(const std::vector<Text>& names) {
    std::map<std::string, syntax::Span> seen;
    for (const Text& name : names) {
      const auto [first, fresh] = seen.emplace(name.value, name.span);
      if (fresh) continue;
      diagnostics_.Add({.code = Code::kNamedTwice,
                        .message = "`" + name.value + "` is given twice",
                        .span = name.span,
                        .label = "given again here",
                        .notes = {{"first given here", first->second}},
                        .help = "remove one of the two"});
    }
  }

  const FindFile& find_;
  const FindGroup& find_group_;
  syntax::Diagnostics& diagnostics_;
};

}  // namespace

std::optional<model::HostPolicy> ResolveHost(const syntax::Document& document,
                                             const FindFile& find,
                                             const FindGroup& find_group,
                                             syntax::Diagnostics& diagnostics) {
  const auto* host = std::get_if<syntax::Host>(&document.content);
  if (host == nullptr) {
    diagnostics.Add({.code = Code::kWrongKindOfFile,
                     .message = "this is not a Host",
                     .span = document.kind,
                     .label = "",
                     .notes = {},
                     .help = "the rules of a host begin with `kind: Host`"});
    return std::nullopt;
  }
  const size_t before = diagnostics.size();
  model::HostPolicy policy =
      Resolver(find, find_group, diagnostics).Resolve(*host);
  if (diagnostics.size() != before) return std::nullopt;
  return policy;
}

}  // namespace ringfence::resolve
