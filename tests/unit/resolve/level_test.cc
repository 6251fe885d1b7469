// What the seccomp part of a level means, call by call (resolve/level.h).
#include "resolve/level.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "resolve/call.h"
#include "resolve/constants.h"
#include "sample.h"

namespace ringfence::resolve {
namespace {

using model::Action;
using model::Answer;
using syntax::Code;

constexpr Answer kExplain{Action::kExplain, EPERM};
constexpr Answer kQuiet{Action::kQuiet, EPERM};
constexpr Answer kNotThere{Action::kQuiet, ENOSYS};

std::string Child(const std::string& seccomp,
                  const std::string& parent = "root") {
  return "kind: TrustLevel\nname: child\nextends: " + parent +
         "\nseccomp:\n  " + seccomp + "\n";
}

class LevelTestBase : public testing::Test {
 protected:
  std::optional<ResolvedLevel> TryResolve(const std::string& text) {
    diagnostics_ = {};
    const auto document = syntax::Parse(text, "child.yaml", diagnostics_);
    if (!document) return std::nullopt;
    return ResolveLevel(*document, library_.Find(), diagnostics_);
  }

  ResolvedLevel Resolve(const std::string& text) {
    auto level = TryResolve(text);
    EXPECT_TRUE(level) << Render(diagnostics_, library_.files(),
                                 syntax::Colour::kOff);
    return level.value_or(ResolvedLevel{});
  }

  std::vector<Code> Errors(const std::string& text) {
    EXPECT_FALSE(TryResolve(text));
    std::vector<Code> codes;
    for (const auto& diagnostic : diagnostics_.all()) {
      codes.push_back(diagnostic.code);
    }
    return codes;
  }

  static Answer Ask(const ResolvedLevel& level, const std::string& text) {
    const auto call = ParseCall(text, model::kArchX86_64);
    EXPECT_TRUE(call) << text;
    return Meaning(level.seccomp.front(), *call);
  }

  Library library_ = Library::Small();
  syntax::Diagnostics diagnostics_;
};

class LevelSeccomp : public LevelTestBase {};

TEST_F(LevelSeccomp, InheritsWhatItOmits) {
  const ResolvedLevel level = Resolve(Child("denied: explain"));
  EXPECT_EQ(Ask(level, "read()"), model::kAllowed);
  EXPECT_EQ(Ask(level, "socket(40)"), model::kAllowed);
  EXPECT_EQ(Ask(level, "bind()"), kExplain);
}

TEST_F(LevelSeccomp, AllowIsTheCompleteList) {
  const ResolvedLevel level = Resolve(Child("allow: [\"@core\"]"));
  EXPECT_EQ(Ask(level, "read()"), model::kAllowed);
  EXPECT_EQ(Ask(level, "socket(1)"), kExplain);
}

TEST_F(LevelSeccomp, DenyWinsOverGroupsAndStaysDenied) {
  library_.Add("middle.yaml",
               "kind: TrustLevel\nname: middle\nextends: root\n"
               "seccomp: {deny: [kill]}\n");
  EXPECT_EQ(Ask(Resolve(Child("allow: [\"@core\"]", "middle")), "kill()"),
            kExplain);
  EXPECT_EQ(Errors(Child("allow: [\"@core\", kill]", "middle")),
            std::vector{Code::kLoosensAllow});
}

TEST_F(LevelSeccomp, ARuleTakesItsCallOutOfTheGroups) {
  const ResolvedLevel level =
      Resolve(Child("rules: [{syscall: socket, when: {family: AF_UNIX}}, "
                    "{syscall: socket, when: {family: AF_INET}}]"));
  EXPECT_EQ(Ask(level, "socket(AF_UNIX)"), model::kAllowed);
  EXPECT_EQ(Ask(level, "socket(AF_INET)"), model::kAllowed);
  EXPECT_EQ(Ask(level, "socket(AF_INET6)"), kExplain);
  EXPECT_EQ(Ask(level, "socket(0x100000001)"), model::kAllowed);
  EXPECT_EQ(Ask(level, "socket(0x10000000a)"), kExplain);
}

TEST_F(LevelSeccomp, AChildsRulesAreAndedWithItsParents) {
  library_.Add("middle.yaml",
               "kind: TrustLevel\nname: middle\nextends: root\nseccomp: "
               "{rules: [{syscall: socket, when: {family: {in: [1, 2]}}}]}\n");
  const ResolvedLevel level = Resolve(Child(
      "rules: [{syscall: socket, when: {family: {in: [2, 3]}}}]", "middle"));
  for (int family = 0; family < 5; ++family) {
    EXPECT_EQ(Ask(level, "socket(" + std::to_string(family) + ")"),
              family == 2 ? model::kAllowed : kExplain);
  }
}

TEST_F(LevelSeccomp, AChildsPlainAllowKeepsItsParentsRules) {
  library_.Add("middle.yaml",
               "kind: TrustLevel\nname: middle\nextends: root\nseccomp: "
               "{rules: [{syscall: socket, when: {family: 1}}]}\n");
  const ResolvedLevel level =
      Resolve(Child("allow: [\"@core\", socket]", "middle"));
  EXPECT_EQ(Ask(level, "socket(1)"), model::kAllowed);
  EXPECT_EQ(Ask(level, "socket(2)"), kExplain);
  const ResolvedLevel without = Resolve(Child("allow: [\"@core\"]", "middle"));
  EXPECT_EQ(Ask(without, "socket(1)"), kExplain);
}

TEST_F(LevelSeccomp, AnswersReplaceDenied) {
  const ResolvedLevel level =
      Resolve(Child("answers: {quiet: [bind, socket], kill: [ptrace]}\n  "
                    "rules: [{syscall: socket, when: {family: 1}}, "
                    "{syscall: sendto, when: {flags: 0}, answer: kill}]"));
  EXPECT_EQ(Ask(level, "bind()"), kQuiet);
  EXPECT_EQ(Ask(level, "listen()"), kExplain);
  EXPECT_EQ(Ask(level, "ptrace()"), model::kKilled);
  EXPECT_EQ(Ask(level, "socket(1)"), model::kAllowed);
  EXPECT_EQ(Ask(level, "socket(2)"), kQuiet);
  EXPECT_EQ(Ask(level, "sendto(0, 0, 0, 1)"), model::kKilled);
}

TEST_F(LevelSeccomp, AnswersMayBecomeStricterOnly) {
  EXPECT_EQ(Ask(Resolve(Child("denied: quiet")), "bind()"), kQuiet);
  EXPECT_EQ(Ask(Resolve(Child("denied: kill")), "bind()"), model::kKilled);
  library_.Add("middle.yaml",
               "kind: TrustLevel\nname: middle\nextends: root\n"
               "seccomp: {answers: {kill: [bind], quiet: [listen]}}\n");
  EXPECT_EQ(Errors(Child("answers: {quiet: [bind]}", "middle")),
            std::vector{Code::kLoosensAnswer});
  EXPECT_EQ(
      Ask(Resolve(Child("answers: {explain: [listen]}", "middle")), "listen()"),
      kExplain);
  EXPECT_EQ(Ask(Resolve(Child("denied: kill", "middle")), "listen()"), kQuiet);
}

TEST_F(LevelSeccomp, Clone3IsHiddenWhenCloneIsRestricted) {
  library_.Add("open.yaml", [] {
    std::string text = kRoot;
    text.replace(text.find("name: root"), 10, "name: open");
    return text.replace(text.find("\"@core\""), 7, "\"@core\", clone3");
  }());
  EXPECT_EQ(Ask(Resolve(Child("denied: quiet", "open")), "clone3()"),
            model::kAllowed);
  EXPECT_EQ(Ask(Resolve(Child("deny: [clone]", "open")), "clone3()"),
            kNotThere);
  EXPECT_EQ(Ask(Resolve(Child("rules: [{syscall: clone, when: {flags: "
                              "{none_of: [CLONE_NEWUSER]}}}]",
                              "open")),
                "clone3()"),
            kNotThere);
  EXPECT_EQ(Ask(Resolve(Child("deny: [clone3]", "open")), "clone3()"),
            kNotThere);
}

TEST_F(LevelSeccomp, CallsNewerThanTheBaselineDoNotExist) {
  const ResolvedLevel level = Resolve(Child("kernel_baseline: \"4.19\""));
  const auto& policy = level.seccomp.front();
  EXPECT_EQ(Ask(level, "faccessat2()"), kNotThere);
  EXPECT_EQ(Find(policy, ParseCall("faccessat2()", policy.arch)->number),
            nullptr);
  EXPECT_EQ(Ask(level, "statx()"), kExplain);
  EXPECT_EQ(Ask(level, "1000()"), kNotThere);
}

TEST_F(LevelSeccomp, UprobeCallsAreModelledAsAllowed) {
  const ResolvedLevel level = Resolve(Child("denied: kill"));
  EXPECT_EQ(Ask(level, "335()"), model::kAllowed);
  EXPECT_EQ(Ask(level, "336()"), model::kAllowed);
  EXPECT_EQ(Ask(level, "337()"), kNotThere);
  EXPECT_EQ(Errors(Child("deny: [uprobe]")), std::vector{Code::kUnenforceable});
  EXPECT_EQ(Errors(Child("answers: {kill: [uretprobe]}")),
            std::vector{Code::kUnenforceable});
}

TEST_F(LevelSeccomp, OtherArchitecturesAndX32AreKilled) {
  const ResolvedLevel level = Resolve(Child("denied: quiet"));
  const auto& policy = level.seccomp.front();
  EXPECT_EQ(Meaning(policy, {0, 0x40000003, {}}), model::kKilled);
  EXPECT_EQ(Meaning(policy, {model::kX32Bit, policy.arch, {}}), model::kKilled);
}

TEST_F(LevelSeccomp, RulesHoldOnBothArchitectures) {
  const ResolvedLevel level =
      Resolve(Child("rules: [{syscall: socket, when: {family: 1}}]"));
  for (const auto& policy : level.seccomp) {
    for (const auto& [family, answer] :
         {std::pair{"1", model::kAllowed}, std::pair{"2", kExplain}}) {
      const auto call =
          ParseCall("socket(" + std::string(family) + ")", policy.arch);
      EXPECT_EQ(Meaning(policy, *call), answer);
    }
  }
}

TEST_F(LevelSeccomp, NamesTheDecidingLine) {
  const ResolvedLevel level = Resolve(
      Child("deny: [kill]\n  rules: [{syscall: socket, when: {family: 1}}]"));
  const auto source = [&](const char* call) {
    return Find(level.seccomp.front(),
                ParseCall(call, model::kArchX86_64)->number)
        ->source;
  };
  EXPECT_EQ(source("kill()"), (model::Source{"child.yaml", 5, 10}));
  EXPECT_EQ(source("socket()"), (model::Source{"child.yaml", 6, 21}));
  EXPECT_EQ(source("read()").file, "root.yaml");
  EXPECT_EQ(source("bind()"), (model::Source{"root.yaml", 20, 3}));
}

// Every child of every parent over a small scope: what resolves allows no call
// that its parent denies. What loosens must not resolve.
TEST_F(LevelSeccomp, NoChildAllowsWhatItsParentDenies) {
  const std::vector<std::string> allows{"", "allow: [\"@core\"]",
                                        "allow: [\"@core\", socket]",
                                        "allow: [\"@core\", bind]"};
  const std::vector<std::string> denies{"", "deny: [socket]", "deny: [kill]"};
  const std::vector<std::string> rules{
      "", "rules: [{syscall: socket, when: {family: 1}}]",
      "rules: [{syscall: socket, when: {family: {in: [1, 2]}}}]",
      "rules: [{syscall: socket, unless: {family: 2}}]"};
  const auto level = [](const std::string& name, const std::string& parent,
                        const std::vector<std::string>& keys) {
    std::string text = "kind: TrustLevel\nname: " + name +
                       "\nextends: " + parent + "\nseccomp:\n  denied: quiet\n";
    for (const std::string& key : keys) {
      if (!key.empty()) text += "  " + key + "\n";
    }
    return text;
  };
  const std::vector<std::string> calls{"socket(0)", "socket(1)", "socket(2)",
                                       "kill()",    "bind()",    "read()"};
  size_t resolved = 0;
  size_t refused = 0;
  for (const std::string& deny : denies) {
    for (const std::string& rule : rules) {
      const std::string parent = level("middle", "root", {deny, rule});
      const auto above = TryResolve(parent);
      library_.Add("middle.yaml", parent);
      for (const std::string& allow : allows) {
        for (const std::string& own_deny : denies) {
          for (const std::string& own_rule : rules) {
            const auto below = TryResolve(
                level("child", "middle", {allow, own_deny, own_rule}));
            if (!below) {
              ++refused;
              continue;
            }
            ASSERT_TRUE(above);
            ++resolved;
            for (const std::string& call : calls) {
              EXPECT_TRUE(Ask(*below, call) != model::kAllowed ||
                          Ask(*above, call) == model::kAllowed)
                  << parent << allow << own_deny << own_rule << call;
            }
          }
        }
      }
    }
  }
  EXPECT_GT(resolved, 100u);
  EXPECT_GT(refused, 100u);
}

class LevelDangerous : public LevelTestBase {
 protected:
  void SetUp() override {
    std::string text = kRoot;
    text.replace(text.find("name: root"), 10, "name: debug");
    library_.Add(
        "debug.yaml",
        text +
            "  dangerous:\n    - {syscall: ptrace, reason: a debugger, "
            "owner: team-x, review_by: 2027-01-31}\n");
  }
};

TEST_F(LevelDangerous, AnEntryAllowsTheCall) {
  EXPECT_EQ(Ask(Resolve(Child("denied: quiet", "debug")), "ptrace()"),
            model::kAllowed);
  EXPECT_EQ(Ask(Resolve(Child("denied: explain", "root")), "ptrace()"),
            kExplain);
}

TEST_F(LevelDangerous, ACompleteListMustNameTheCallAgain) {
  EXPECT_EQ(Ask(Resolve(Child("allow: [\"@core\"]", "debug")), "ptrace()"),
            kExplain);
  EXPECT_EQ(
      Ask(Resolve(Child("allow: [\"@core\", ptrace]", "debug")), "ptrace()"),
      model::kAllowed);
}

TEST_F(LevelDangerous, AnEmptyListTakesTheCallAway) {
  EXPECT_EQ(Ask(Resolve(Child("dangerous: []", "debug")), "ptrace()"),
            kExplain);
  EXPECT_EQ(
      Errors(Child("dangerous: []\n  allow: [\"@core\", ptrace]", "debug")),
      std::vector{Code::kDangerousWithoutReason});
}

TEST_F(LevelDangerous, AChildCannotAddOne) {
  EXPECT_EQ(Errors(Child("dangerous: [{syscall: bpf, reason: r, owner: o, "
                         "review_by: 2027-01-31}]",
                         "debug")),
            std::vector{Code::kLoosensAllow});
}

TEST(LevelByName, IsLookedUp) {
  const Library library = Library::Small();
  syntax::Diagnostics diagnostics;
  const auto level = ResolveLevel("root", library.Find(), diagnostics);
  ASSERT_TRUE(level);
  EXPECT_EQ(level->chain, std::vector<std::string>{"root"});
  ASSERT_EQ(level->profiles.size(), 2u);
  EXPECT_EQ(level->profiles[0].path, "groups/core.yaml");
  EXPECT_EQ(level->profiles[1].digest.size(), 32u);
}

TEST(LevelByName, RefusesNamesThatAreNone) {
  const Library library = Library::Small();
  for (const char* name : {"", "../root", "Root", "nothing"}) {
    syntax::Diagnostics diagnostics;
    EXPECT_FALSE(ResolveLevel(name, library.Find(), diagnostics));
    ASSERT_EQ(diagnostics.size(), 1u);
    EXPECT_EQ(diagnostics.all()[0].code, std::string_view(name) == "nothing"
                                             ? Code::kUnknownLevel
                                             : Code::kBadName);
  }
}

// The expected digest of kCore is what b2sum -l 256 prints for it.
TEST(LevelByName, CarriesTheDigestOfItsFiles) {
  Library library = Library::Small();
  syntax::Diagnostics diagnostics;
  const auto before = ResolveLevel("root", library.Find(), diagnostics);
  library.Add("root.yaml", std::string(kRoot) + "# a comment\n");
  const auto after = ResolveLevel("root", library.Find(), diagnostics);
  ASSERT_TRUE(before && after);
  std::string hex;
  for (const uint8_t byte : before->profiles[0].digest) {
    constexpr char kDigits[] = "0123456789abcdef";
    hex += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  EXPECT_EQ(hex,
            "31fafb14613f00cddb7a76afaa84b87d"
            "a4ee84f26a76ab370af6c3d15409af11");
  EXPECT_EQ(before->profiles[0].digest, after->profiles[0].digest);
  EXPECT_NE(before->profiles[1].digest, after->profiles[1].digest);
}

}  // namespace
}  // namespace ringfence::resolve
