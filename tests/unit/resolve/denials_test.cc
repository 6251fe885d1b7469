// What is said of denied calls: from profiles to sentences.
#include "resolve/denials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "model/seccomp.h"
#include "resolve/argument_words.h"
#include "resolve/call.h"
#include "resolve/constants.h"
#include "resolve/level.h"
#include "sample.h"

namespace ringfence::resolve {
namespace {

using model::DeniedCall;
using testing::ElementsAre;

const char* const kLevels[] = {"critical", "internal", "public", "untrusted"};

ResolvedLevel Shipped(const std::string& name) {
  const Library library = Library::Shipped();
  syntax::Diagnostics diagnostics;
  auto level = ResolveLevel(name, library.Find(), diagnostics);
  EXPECT_TRUE(level) << name;
  return level.value_or(ResolvedLevel{});
}

// An edit as FILE:LINE, with the folder left out.
std::vector<std::string> Edits(const ResolvedLevel& level,
                               const std::string& call) {
  const auto at =
      std::ranges::find(level.denials.calls, call, &DeniedCall::name);
  EXPECT_NE(at, level.denials.calls.end()) << call;
  std::vector<std::string> out;
  if (at->remedy == model::kNowhere) return out;
  for (const model::Edit& edit : level.denials.remedies[at->remedy]) {
    const char* kinds[] = {"add to ", "remove from ", "justify in ",
                           "split in "};
    const std::string& file = level.denials.files[edit.at.file];
    out.push_back(kinds[static_cast<size_t>(edit.kind)] + edit.key + " of " +
                  file.substr(file.rfind('/') + 1));
  }
  return out;
}

TEST(Denials, EveryConstantOfTheVocabulariesExists) {
  for (const std::string_view name : ConstantsNamed()) {
    EXPECT_TRUE(FindConstant(name)) << name;
  }
}

TEST(Denials, ListEveryCallThatCanBeDenied) {
  for (const char* name : kLevels) {
    const ResolvedLevel level = Shipped(name);
    size_t deniable = 0;
    for (const model::CallPolicy& call : level.seccomp.front().calls) {
      const bool denied = !model::LetsPass(call.otherwise.action);
      if (denied) ++deniable;
      EXPECT_EQ(model::Find(level.denials, call.number) != nullptr, denied)
          << call.name;
    }
    EXPECT_EQ(level.denials.calls.size(), deniable);
  }
}

TEST(Denials, ACallLackingEverywhereIsAddedEverywhere) {
  EXPECT_THAT(Edits(Shipped("untrusted"), "uselib"),
              ElementsAre("add to allow of critical.yaml",
                          "add to allow of internal.yaml",
                          "add to allow of untrusted.yaml"));
  // public has the list of internal.
  EXPECT_THAT(Edits(Shipped("public"), "uselib"),
              ElementsAre("add to allow of critical.yaml",
                          "add to allow of internal.yaml"));
  EXPECT_THAT(Edits(Shipped("public"), "mbind"),
              ElementsAre("add to allow of internal.yaml"));
}

TEST(Denials, ADangerousCallIsJustifiedWhereTheChainBegins) {
  EXPECT_THAT(Edits(Shipped("untrusted"), "ptrace"),
              ElementsAre("justify in dangerous of critical.yaml",
                          "add to allow of internal.yaml",
                          "add to allow of untrusted.yaml"));
}

TEST(Denials, ADeniedCallIsTakenOutOfDeny) {
  EXPECT_THAT(Edits(Shipped("untrusted"), "mlock"),
              ElementsAre("remove from deny of untrusted.yaml"));
}

// What the rules say in the form that explains them is what they say in the
// form that is compiled, for each value that a rule names, its neighbours, and
// random ones.
TEST(Denials, RulesMeanTheSameInBothForms) {
  std::mt19937_64 random(20261125);
  size_t denied = 0;
  size_t allowed = 0;
  for (const char* name : kLevels) {
    const ResolvedLevel level = Shipped(name);
    for (const DeniedCall& call : level.denials.calls) {
      if (call.rules.empty()) continue;
      std::vector<uint64_t> values = {0, 1, ~uint64_t{0}, 1ull << 32};
      for (const auto& rules : call.rules) {
        for (const model::DeniedRule& rule : rules) {
          for (const auto* tests : {&rule.when, &rule.unless}) {
            for (const model::RuleTest& test : *tests) {
              for (const uint64_t value : test.values) {
                values.insert(values.end(), {value, value + 1, value - 1,
                                             value | (1ull << 32)});
              }
            }
          }
        }
      }
      const auto pick = [&] {
        return random() % 8 == 0 ? random() : values[random() % values.size()];
      };
      for (int i = 0; i < 2000; ++i) {
        model::Call tried{.number = call.number};
        for (uint64_t& value : tried.args) value = pick();
        const bool holds = std::ranges::all_of(call.rules, [&](const auto& l) {
          return std::ranges::any_of(l, [&](const model::DeniedRule& rule) {
            return Holds(rule, tried.args);
          });
        });
        const bool passes =
            Meaning(level.seccomp.front(), tried) == model::kAllowed;
        ASSERT_EQ(holds, passes) << name << " " << call.name;
        ++(passes ? allowed : denied);
      }
    }
  }
  EXPECT_GT(denied, 1000u);
  EXPECT_GT(allowed, 1000u);
}

TEST(Denials, AWorkloadsOwnDenyIsItsOwnToChange) {
  Library library = Library::Small();
  const std::string text =
      "kind: Workload\nname: w\ntrust: root\ncommand: [/usr/bin/true]\n"
      "seccomp: {deny: [kill]}\n";
  syntax::Diagnostics diagnostics;
  const auto document = syntax::Parse(text, "w.yaml", diagnostics);
  ASSERT_TRUE(document);
  const auto workload = ResolveWorkload(*document, library.Find(), diagnostics);
  ASSERT_TRUE(workload) << syntax::Render(diagnostics, library.files(),
                                          syntax::Colour::kOff);
  const auto* kill = model::Find(workload->denials, 62);
  ASSERT_NE(kill, nullptr);
  ASSERT_NE(kill->remedy, model::kNowhere);
  const auto& edits = workload->denials.remedies[kill->remedy];
  ASSERT_EQ(edits.size(), 1u);
  EXPECT_EQ(edits[0].kind, model::Edit::Kind::kRemove);
  EXPECT_EQ(workload->denials.files[edits[0].at.file], "w.yaml");
  EXPECT_EQ(edits[0].at.line, 5u);
  EXPECT_EQ(kill->above, 0);
}

// `deny: ["@core"]` below takes more away than the one call.
TEST(Denials, AGroupInDenyIsWrittenOut) {
  Library library = Library::Small();
  library.Add("groups/few.yaml",
              "kind: SyscallGroup\nname: few\npurpose: few\n"
              "syscalls: [kill, connect]\n");
  library.Add("leaf.yaml",
              "kind: TrustLevel\nname: leaf\nextends: root\n"
              "seccomp: {deny: [\"@few\"]}\n");
  syntax::Diagnostics diagnostics;
  const auto level = ResolveLevel("leaf", library.Find(), diagnostics);
  ASSERT_TRUE(level);
  EXPECT_THAT(Edits(*level, "kill"), ElementsAre("split in deny of leaf.yaml"));
}

}  // namespace
}  // namespace ringfence::resolve
