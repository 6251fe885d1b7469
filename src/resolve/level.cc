#include "resolve/level.h"

#include "resolve/gaps.h"

#include <algorithm>

#include "base/check.h"
#include "resolve/call.h"
#include "resolve/chain.h"
#include "resolve/constants.h"
#include "resolve/denials.h"
#include "resolve/tighten.h"
#include "syntax/quantity.h"

namespace ringfence::resolve {
namespace {

using syntax::Code;
using syntax::Diagnostics;
using syntax::Text;

// The level itself first, its root last. Empty, with a diagnostic, if it never
// ends.
std::vector<const syntax::TrustLevel*> Ancestry(const syntax::TrustLevel& own,
                                                Files& files,
                                                Diagnostics& diagnostics) {
  std::vector<const syntax::TrustLevel*> chain{&own};
  while (chain.back()->extends) {
    const Text& parent = *chain.back()->extends;
    const auto again = std::ranges::find_if(chain, [&](const auto* level) {
      return level->name.value == parent.value;
    });
    if (again != chain.end()) {
      std::string path;
      for (auto at = again; at != chain.end(); ++at) {
        path += (*at)->name.value + " -> ";
      }
      diagnostics.Add({Code::kLevelCycle,
                       chain.size() == 1
                           ? Quote(parent.value) + " extends itself"
                           : "trust levels extend each other in a circle",
                       parent.span,
                       path + parent.value,
                       {},
                       "a chain of `extends` ends in a level that extends "
                       "nothing"});
      return {};
    }
    const syntax::TrustLevel* level = files.Level(parent.value, parent.span);
    if (level == nullptr) return {};
    chain.push_back(level);
  }
  return chain;
}

struct Expectation {
  LevelTest::Expect expect = LevelTest::Expect::kAllowed;
  uint16_t error = 0;
};

std::optional<Expectation> ParseExpect(const Text& text,
                                       Diagnostics& diagnostics) {
  using Expect = LevelTest::Expect;
  if (text.value == "allow") return Expectation{Expect::kAllowed, 0};
  if (text.value == "log") return Expectation{Expect::kLogged, 0};
  if (text.value == "kill") return Expectation{Expect::kKilled, 0};
  if (const std::optional<uint16_t> error = FindErrno(text.value)) {
    return Expectation{Expect::kErrno, *error};
  }
  diagnostics.Add({Code::kUnknownErrno,
                   Quote(text.value) + " is nothing a call can be answered",
                   text.span,
                   "",
                   {},
                   "write allow, log, kill or the name of an errno: EPERM"});
  return std::nullopt;
}

std::vector<LevelTest> ResolveTests(const std::vector<syntax::LevelTest>& tests,
                                    Diagnostics& diagnostics) {
  std::vector<LevelTest> out;
  for (const syntax::LevelTest& test : tests) {
    const auto expect = ParseExpect(test.expect, diagnostics);
    const std::vector<model::Call> calls = ResolveCalls(test.call, diagnostics);
    if (!expect) continue;
    for (const model::Call& call : calls) {
      out.push_back({test.call.value, call, expect->expect, expect->error,
                     ToSource(test.call.span)});
    }
  }
  return out;
}

std::optional<ResolvedLevel> Finish(const syntax::TrustLevel& own, Files& files,
                                    Diagnostics& diagnostics, size_t before) {
  CallSets sets(files, diagnostics);
  std::optional<Chain> chain = ResolveChain(own, files, sets, diagnostics);
  if (!chain) return std::nullopt;
  ResolvedLevel level = std::move(chain->level);
  level.seccomp = BuildPolicies(chain->calls);
  if (diagnostics.size() == before) {
    CheckLauncherNeeds(chain->calls, level.seccomp, diagnostics);
  }
  for (const model::SeccompPolicy& policy : level.seccomp) {
    FindGaps(chain->calls, policy, level.warnings);
  }
  level.tests = ResolveTests(own.tests, diagnostics);
  for (const auto& [name, entry] : chain->calls.justified) {
    level.dangerous.push_back({name, entry.review_by});
  }
  level.profiles = files.Profiles();
  if (diagnostics.size() != before) return std::nullopt;
  level.denials = ExplainDenials(*chain, {}, level.seccomp.front(), sets);
  return level;
}

}  // namespace

std::optional<Chain> ResolveChain(const syntax::TrustLevel& own, Files& files,
                                  CallSets& sets, Diagnostics& diagnostics) {
  std::vector<const syntax::TrustLevel*> levels =
      Ancestry(own, files, diagnostics);
  if (levels.empty()) return std::nullopt;
  Chain chain;
  std::ranges::reverse(levels);
  for (const syntax::TrustLevel* level : levels) {
    const bool has_parent = level != levels.front();
    Tighten(*level, has_parent, chain.level, diagnostics);
    chain.calls = TightenCalls(has_parent ? &chain.calls : nullptr,
                               level->seccomp, sets, diagnostics);
    chain.steps.push_back({level, chain.calls});
    chain.level.chain.insert(chain.level.chain.begin(), level->name.value);
  }
  chain.level.name = own.name.value;
  chain.level.span = own.name.span;
  return chain;
}

bool Passes(const LevelTest& test,
            const std::vector<model::SeccompPolicy>& policies) {
  for (const model::SeccompPolicy& policy : policies) {
    if (policy.arch != test.call.arch) continue;
    const model::Answer answer = Meaning(policy, test.call);
    switch (test.expect) {
      case LevelTest::Expect::kAllowed:
        return answer.action == model::Action::kAllow;
      case LevelTest::Expect::kLogged:
        return answer.action == model::Action::kLog;
      case LevelTest::Expect::kKilled:
        return answer.action == model::Action::kKill;
      case LevelTest::Expect::kErrno:
        return (answer.action == model::Action::kExplain ||
                answer.action == model::Action::kQuiet) &&
               answer.error == test.error;
    }
  }
  CheckFailed("resolve: a test for an architecture without a policy");
}

std::optional<ResolvedLevel> ResolveLevel(std::string_view name,
                                          const FindFile& find,
                                          Diagnostics& diagnostics) {
  const size_t before = diagnostics.size();
  if (const auto good = syntax::CheckName(name); !good) {
    diagnostics.Add({good.error().code,
                     good.error().message,
                     {},
                     "",
                     {},
                     good.error().help});
    return std::nullopt;
  }
  Files files(find, diagnostics);
  const syntax::TrustLevel* level = files.Level(name, {});
  if (level == nullptr) return std::nullopt;
  return Finish(*level, files, diagnostics, before);
}

std::optional<ResolvedLevel> ResolveLevel(const syntax::Document& document,
                                          const FindFile& find,
                                          Diagnostics& diagnostics) {
  const size_t before = diagnostics.size();
  Files files(find, diagnostics);
  const auto* level = std::get_if<syntax::TrustLevel>(&document.content);
  if (level == nullptr) {
    diagnostics.Add({Code::kWrongKindOfFile,
                     "this file is not a TrustLevel",
                     document.kind,
                     "",
                     {},
                     ""});
    return std::nullopt;
  }
  files.Remember(document);
  return Finish(*level, files, diagnostics, before);
}

}  // namespace ringfence::resolve
