#include "compile/apparmor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringfence::compile {
namespace {

using Kind = model::ViewEntry::Kind;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// Lets AF_UNIX and AF_INET streams through, and message queues.
model::SeccompPolicy Sockets() {
  model::SeccompPolicy policy{.arch = model::kArchX86_64, .unlisted = {}};
  const auto family = [](uint64_t number) {
    return model::Condition{
        .kind = model::Condition::Kind::kTest,
        .test = {.arg = 0, .mask = 0xffffffff, .value = number},
        .of = {}};
  };
  const auto stream =
      model::Condition{.kind = model::Condition::Kind::kTest,
                       .test = {.arg = 1, .mask = 0xffffffff, .value = 1},
                       .of = {}};
  policy.calls.push_back(
      {.number = 41,
       .name = "socket",
       .clauses =
           {{{model::Condition::Kind::kAll,
              {},
              {stream,
               {model::Condition::Kind::kAny, {}, {family(1), family(2)}}}},
             model::kAllowed,
             {}}},
       .otherwise = {model::Action::kExplain, 1},
       .source = {"public.yaml", 12, 5}});
  policy.calls.push_back({.number = 240,
                          .name = "mq_open",
                          .otherwise = model::kAllowed,
                          .source = {}});
  return policy;
}

model::Confinement Example() {
  model::Confinement confinement;
  confinement.name = "storefront";
  confinement.level.name = "public";
  confinement.capabilities = {"CAP_NET_BIND_SERVICE"};
  confinement.seccomp = {Sockets()};
  return confinement;
}

std::string TextOf(const std::vector<model::ViewEntry>& view,
                   AppArmorAbi abi = AppArmorAbi::k3) {
  return CompileAppArmor(Example(), view, abi).text;
}

TEST(CompileAppArmor, GivesEachEntryItsRights) {
  EXPECT_THAT(
      TextOf({{.kind = Kind::kBind,
               .at = "/usr",
               .rights = {.read = true, .execute = true}},
              {.kind = Kind::kScratch,
               .at = "/tmp",
               .rights = {.read = true, .write = true}},
              {.kind = Kind::kFile, .at = "/etc/passwd"},
              {.kind = Kind::kDirectory, .at = "/etc"},
              {.kind = Kind::kSymlink, .at = "/lib", .text = "usr/lib"},
              {.kind = Kind::kProc, .at = "/proc"}}),
      AllOf(HasSubstr("\n  \"/usr{,/,/**}\" mrix,\n"),
            HasSubstr("\n  \"/tmp{,/,/**}\" rwkl,\n"),
            HasSubstr("\n  \"/etc/passwd\" r,\n"),
            HasSubstr("\n  \"/etc/\" r,\n"),
            HasSubstr("\n  \"/proc{,/,/**}\" r,\n"), Not(HasSubstr("\"/lib"))));
}

TEST(CompileAppArmor, AllowsTheSocketsThatTheFilterAllows) {
  EXPECT_THAT(TextOf({}), AllOf(HasSubstr("network inet stream,"),
                                Not(HasSubstr("network inet dgram")),
                                Not(HasSubstr("network inet6")),
                                Not(HasSubstr("network netlink")),
                                HasSubstr("unix (accept, connect, send")));
}

TEST(CompileAppArmor, AllowsNoChangeOfProfileAndNoMount) {
  const std::string text = TextOf({}, AppArmorAbi::k4);
  for (const char* rule : {"change_profile", "mount", "pivot_root", "userns"}) {
    EXPECT_THAT(text, Not(HasSubstr(rule))) << rule;
  }
  EXPECT_THAT(text, HasSubstr("capability net_bind_service,"));
}

TEST(CompileAppArmor, CanBeStoppedFromOutside) {
  EXPECT_THAT(TextOf({}), HasSubstr("signal (receive) peer=unconfined,"));
}

TEST(CompileAppArmor, SaysTheAbiAndKeepsToIt) {
  EXPECT_THAT(TextOf({}),
              AllOf(HasSubstr("abi <abi/3.0>,"), Not(HasSubstr("mqueue"))));
  EXPECT_THAT(TextOf({}, AppArmorAbi::k4),
              AllOf(HasSubstr("abi <abi/4.0>,"), HasSubstr("mqueue (")));
}

TEST(CompileAppArmor, KnowsWhoAskedForALine) {
  const AppArmorProfile profile = CompileAppArmor(
      Example(),
      {{.kind = Kind::kScratch, .at = "/srv", .source = {"w.yaml", 7, 3}}},
      AppArmorAbi::k3);
  const auto lines = std::ranges::count(profile.text, '\n');
  ASSERT_EQ(static_cast<size_t>(lines), profile.lines.size());
  size_t line = 0;
  size_t at = 0;
  for (; profile.text.compare(at, 8, "  \"/srv{") != 0; ++line) {
    at = profile.text.find('\n', at) + 1;
  }
  EXPECT_EQ(profile.lines[line], (model::Source{"w.yaml", 7, 3}));
}

TEST(CompileAppArmor, OfALevelExecutesWithinItsCeiling) {
  const model::SeccompPolicy seccomp = Sockets();
  const AppArmorProfile profile = CompileAppArmor(
      LevelAccess{"public", {"/usr", "/srv"}, {}, seccomp}, AppArmorAbi::k3);
  EXPECT_EQ(profile.name, "ringfence-public");
  EXPECT_THAT(
      profile.text,
      AllOf(HasSubstr("/** rwkl,"), HasSubstr("\"/usr{,/,/**}\" mrix,"),
            HasSubstr("\"/srv{,/,/**}\" mrix,"), Not(HasSubstr("/** mrix"))));
}

// Debian 12 has no parser of this language; cli/apparmor_check_test.cc shows
// that its own takes all of it but `userns`.
TEST(LauncherProfile, AllowsUserNamespacesAndConfinesNothing) {
  const AppArmorProfile profile =
      LauncherProfile("/usr/lib/ring fence/ringfence-launch");
  EXPECT_EQ(profile.name, "ringfence");
  EXPECT_EQ(profile.text,
            "abi <abi/4.0>,\n\n"
            "profile ringfence \"/usr/lib/ring fence/ringfence-launch\" "
            "flags=(unconfined) {\n"
            "  userns,\n"
            "}\n");
  EXPECT_EQ(static_cast<size_t>(std::ranges::count(profile.text, '\n')),
            profile.lines.size());
}

TEST(AppArmorPath, MatchesNothingButThePath) {
  EXPECT_EQ(AppArmorPath("/a b", false), "\"/a b\"");
  EXPECT_EQ(AppArmorPath("/a", true), "\"/a{,/,/**}\"");
  EXPECT_EQ(AppArmorPath("/*?[x]{y,z}^", false),
            "\"/\\*\\?\\[x\\]\\{y\\,z\\}\\^\"");
  EXPECT_EQ(AppArmorPath("/\"\\", false), "\"/\\\"\\\\\"");
  EXPECT_EQ(AppArmorPath("/a\nb\tc", false), "\"/a\\nb\\011c\"");
  EXPECT_EQ(AppArmorPath("/@{PROC}", false), "\"/@\\{PROC\\}\"");
  EXPECT_EQ(AppArmorPath("/\xff", false), "\"/\xff\"");
}

}  // namespace
}  // namespace ringfence::compile
