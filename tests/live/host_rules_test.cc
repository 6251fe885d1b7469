// What root lets run on a host: host.yaml, accept, drain, groups, reboots.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "live/host_fixture.h"
#include "paths/paths.h"

namespace ringfence::live {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kRules[] = "/etc/ringfence/host.yaml";
constexpr char kPolicy[] = "/run/ringfence/policy";

class Rules : public Host {
 protected:
  void ExpectDone(const std::vector<std::string>& arguments) const {
    const Outcome outcome = AsRoot(arguments);
    EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  }
  // What a reboot does: /run is new.
  static void Reboot() {
    ::umount2(kPlace, MNT_DETACH);
    fs::remove_all(kPlace);
  }
  static void WriteRules(const std::string& text) {
    std::ofstream(kRules, std::ios::trunc) << text;
  }
};

TEST_F(Rules, AReservedHostTakesItsLevelsOnlyAlsoAfterAReboot) {
  ExpectDone({"host", "accept", "public", "internal"});
  EXPECT_THAT(ExpectRefused(member_, "untrusted", 120).err,
              AllOf(HasSubstr("reserved for public internal"),
                    HasSubstr("ringfence host accept untrusted")));
  ExpectRuns(member_, "public");
  const Outcome why = RunAs(member_, {ringfence_, "why", "untrusted"});
  EXPECT_EQ(why.end, End(Exited{120})) << why;
  EXPECT_THAT(why.out, HasSubstr("reserved"));

  Reboot();
  // Not a step back to user scope, in which the rules would not count.
  EXPECT_THAT(ExpectRefused(member_, "public", 120).err,
              AllOf(HasSubstr(kPlace), HasSubstr("ringfence host init")));
  ExpectDone({"host", "init"});
  ExpectRefused(member_, "untrusted", 120);
  ExpectRuns(member_, "public");

  ExpectDone({"host", "accept", "--all"});
  ExpectRuns(member_, "untrusted");
}

TEST_F(Rules, ADrainedHostTakesNothingNewAndKeepsWhatRuns) {
  Background running(member_, Holder("public"));
  ASSERT_TRUE(running.WaitForLine("up")) << running.err();
  ExpectDone({"host", "drain"});
  EXPECT_THAT(ExpectRefused(member_, "public", 120).err,
              AllOf(HasSubstr("drained"), HasSubstr("host undrain")));
  EXPECT_THAT(RunAs(member_, {ringfence_, "ps"}).out, HasSubstr("holder"));
  ExpectDone({"host", "undrain"});
  ExpectRuns(member_, "public");
  running.Signal(SIGTERM);
  (void)running.Wait();
}

TEST_F(Rules, WhatIsNoLongerAcceptedRunsOnAndIsNamed) {
  Background running(member_, Holder("public"));
  ASSERT_TRUE(running.WaitForLine("up")) << running.err();
  const Outcome accepted = AsRoot({"host", "accept", "internal"});
  EXPECT_EQ(accepted.end, End(Exited{0})) << accepted;
  EXPECT_THAT(accepted.out, AllOf(HasSubstr("runs on"), HasSubstr("holder")));
  ExpectRefused(member_, "public", 120);
  running.Signal(SIGTERM);
  (void)running.Wait();
}

TEST_F(Rules, OnlyMembersOfItsGroupsMayStartALevel) {
  WriteRules("kind: Host\nmay_start:\n  public: [games]\n  internal: []\n");
  ExpectDone({"host", "init"});
  const group* games = ::getgrnam("games");
  ASSERT_NE(games, nullptr);
  User player = member_;
  player.groups.push_back(games->gr_gid);
  EXPECT_THAT(ExpectRefused(member_, "public", 120).err,
              AllOf(HasSubstr("only members of games"),
                    HasSubstr("usermod -aG GROUP " + member_.name)));
  ExpectRuns(player, "public");
  EXPECT_THAT(ExpectRefused(player, "internal", 120).err,
              HasSubstr("nobody may start"));
  // A level without a rule is everybody's.
  ExpectRuns(member_, "untrusted");
}

TEST_F(Rules, AcceptKeepsWhatRootWroteBesideIt) {
  WriteRules(
      "# ours\nkind: Host\n\naccepts: [critical,\n  internal]\n# why games\n"
      "may_start:\n  public: [games]   # for now\n");
  ExpectDone({"host", "accept", "public"});
  ExpectDone({"host", "drain"});
  EXPECT_EQ(TextOf(kRules),
            "# ours\nkind: Host\n\naccepts: [public]\n# why games\n"
            "may_start:\n  public: [games]   # for now\ndrain: true\n");
  ExpectDone({"host", "undrain"});
  ExpectDone({"host", "accept", "--all"});
  EXPECT_EQ(TextOf(kRules),
            "# ours\nkind: Host\n\n# why games\n"
            "may_start:\n  public: [games]   # for now\n");
}

TEST_F(Rules, WrongOnesChangeNothing) {
  ExpectDone({"host", "accept", "public"});
  const struct {
    const char* text;
    const char* said;
  } kWrong[] = {
      {"kind: Host\naccept: [public]\n", "did you mean `accepts`"},
      {"kind: Host\naccepts: [publik]\n", "no trust level `publik`"},
      {"kind: Host\naccepts: []\n", "must not be empty"},
      {"kind: Host\naccepts: [public, public]\n", "given twice"},
      {"kind: Host\nmay_start: {public: [no-such-group]}\n",
       "no group `no-such-group`"},
      {"kind: Host\nmay_start: {publik: [games]}\n", "no trust level `publik`"},
      {"kind: Host\ndrain: yes\n", "write true"},
      {"kind: Host\nforeign: {containers: kill}\n", "one of: name, refuse"},
      {"kind: Workload\n", "needs the key"},
      {"", "holds no document"},
      {"kind: Host\naccepts: [public\n", "not valid YAML"},
  };
  for (const auto& [text, said] : kWrong) {
    WriteRules(text);
    const Outcome outcome = AsRoot({"host", "init"});
    EXPECT_EQ(outcome.end, End(Exited{3})) << text << outcome;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr(said), HasSubstr("error[RF")));
    // What was in force still is.
    ExpectRefused(member_, "untrusted", 120);
  }
  const Outcome unknown = AsRoot({"host", "accept", "publik"});
  EXPECT_NE(unknown.end, End(Exited{0})) << unknown;
  WriteRules("kind: Host\n");
  ASSERT_EQ(::chmod(kRules, 0666), 0);
  EXPECT_THAT(AsRoot({"host", "init"}).err, HasSubstr("root alone"));
  ExpectRefused(member_, "untrusted", 120);
}

TEST_F(Rules, OnlyRootChangesThem) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"accept", "public"}, {"drain"}, {"undrain"}}) {
    std::vector<std::string> line = {ringfence_, "host"};
    line.insert(line.end(), arguments.begin(), arguments.end());
    const Outcome outcome = RunAs(member_, line);
    EXPECT_EQ(outcome.end, End(Exited{1})) << outcome;
    EXPECT_THAT(outcome.err, HasSubstr("only root"));
  }
  ExpectRuns(member_, "untrusted");
}

// The launcher reads the compiled rules, and trusts them only as root's.
TEST_F(Rules, ADamagedPolicyIsRefused) {
  const std::string good = TextOf(kPolicy);
  const auto put = [&](const std::string& bytes) {
    std::ofstream(kPolicy, std::ios::trunc | std::ios::binary) << bytes;
  };
  const struct {
    const char* what;
    std::function<void()> damage;
  } kDamages[] = {
      {"gone", [&] { fs::remove(kPolicy); }},
      {"empty", [&] { put(""); }},
      {"cut", [&] { put(good.substr(0, 100)); }},
      {"longer", [&] { put(good + "x"); }},
      {"noise", [&] { put(std::string(good.size(), '\xff')); }},
      {"another's", [&] { ASSERT_EQ(::chown(kPolicy, user_.uid, group_), 0); }},
      {"writable by the group", [&] { ASSERT_EQ(::chmod(kPolicy, 0664), 0); }},
      {"a link",
       [&] {
         fs::rename(kPolicy, std::string(kPlace) + "/elsewhere");
         fs::create_symlink("elsewhere", kPolicy);
       }},
      {"a FIFO",
       [&] {
         fs::remove(kPolicy);
         ASSERT_EQ(::mkfifo(kPolicy, 0644), 0);
       }},
  };
  for (const auto& [what, damage] : kDamages) {
    SCOPED_TRACE(what);
    damage();
    EXPECT_THAT(ExpectRefused(member_, "untrusted", 120).err,
                AllOf(HasSubstr(kPolicy), HasSubstr("ringfence host init")));
    fs::remove(kPolicy);
    ExpectDone({"host", "init"});
    ExpectRuns(member_, "untrusted");
    if (HasFailure()) return;
  }
}

// What ringfence-host.service says, and that systemd understands all of it. The
// boot itself is tests/vm/cases/systemd.
TEST_F(Rules, TheServiceOfTheBootPutsThemIntoForce) {
  ExpectDone({"host", "accept", "public"});
  Reboot();
  std::string unit = TextOf(BinaryDirectory() + "/ringfence-host.service");
  EXPECT_THAT(unit, HasSubstr(std::string("ConditionPathExists=") + kRules));
  const std::string key = "\nExecStart=";
  const size_t start = unit.find(key);
  ASSERT_NE(start, std::string::npos);
  const size_t program = start + key.size();
  const size_t end = unit.find('\n', program);
  ASSERT_THAT(unit.substr(program, end - program),
              EndsWith("/bin/ringfence host init"));
  ExpectDone({"host", "init"});
  EXPECT_THAT(ExpectRefused(member_, "untrusted", 120).err,
              HasSubstr("reserved for public"));
  ExpectRuns(member_, "public");

  unit.replace(program, unit.find(' ', program) - program, ringfence_);
  const auto verify = [&](const std::string& text) {
    return RunAs({.name = "root", .home = "/"},
                 {"/usr/bin/systemd-analyze", "verify", "--man=no",
                  home_.Write("ringfence-host.service", text)});
  };
  const Outcome good = verify(unit);
  EXPECT_EQ(good.end, End(Exited{0})) << good;
  EXPECT_EQ(good.out + good.err, "");
  EXPECT_THAT(verify(unit + "WantedBye=multi-user.target\n").err,
              HasSubstr("WantedBye"));
}

TEST_F(Rules, DeinitKeepsThemUnderAnotherName) {
  ExpectDone({"host", "accept", "public"});
  const std::string rules = TextOf(kRules);
  ExpectDone({"host", "deinit"});
  EXPECT_FALSE(fs::exists(kRules));
  EXPECT_EQ(TextOf(std::string(kRules) + ".off"), rules);
  // User scope again, in which root's rules do not count.
  ExpectRuns(user_, "untrusted");
}

class Wait : public Host {};

TEST_F(Wait, StartsWhenTheHostIsFree) {
  Background first(member_, Holder("public"));
  ASSERT_TRUE(first.WaitForLine("up")) << first.err();
  std::vector<std::string> line = Marking("untrusted");
  line.insert(line.begin() + 2, "--wait");
  fs::remove(Marker());
  Background second(other_, line);
  ASSERT_TRUE(second.WaitForLine("waiting until holder (public) has ended"))
      << second.err();
  EXPECT_FALSE(fs::exists(Marker()));
  first.Signal(SIGTERM);
  (void)first.Wait();
  EXPECT_EQ(second.Wait().end, End(Exited{0})) << second.err();
  EXPECT_TRUE(fs::exists(Marker()));
}

TEST_F(Wait, EndsWithItsTime) {
  Background first(member_, Holder("public"));
  ASSERT_TRUE(first.WaitForLine("up")) << first.err();
  std::vector<std::string> line = Marking("untrusted");
  line.insert(line.begin() + 2, "--wait=300ms");
  const Outcome outcome = RunAs(other_, line);
  EXPECT_EQ(outcome.end, End(Exited{120})) << outcome;
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("waited"), HasSubstr("holder")));
  line[2] = "--wait=soon";
  EXPECT_EQ(RunAs(other_, line).end, End(Exited{122}));
  first.Signal(SIGTERM);
  (void)first.Wait();
}

TEST_F(Wait, EndsWithASignal) {
  Background first(member_, Holder("public"));
  ASSERT_TRUE(first.WaitForLine("up")) << first.err();
  std::vector<std::string> line = Marking("untrusted");
  line.insert(line.begin() + 2, "--wait");
  Background second(other_, line);
  ASSERT_TRUE(second.WaitForLine("waiting until")) << second.err();
  second.Signal(SIGTERM);
  EXPECT_EQ(second.Wait().end, End(Exited{128 + SIGTERM})) << second.err();
  first.Signal(SIGTERM);
  (void)first.Wait();
}

TEST_F(Wait, IsNotForWhatDoesNotPass) {
  ASSERT_EQ(AsRoot({"host", "accept", "public"}).end, End(Exited{0}));
  std::vector<std::string> line = Marking("untrusted");
  line.insert(line.begin() + 2, "--wait");
  const Outcome outcome = RunAs(member_, line);
  EXPECT_EQ(outcome.end, End(Exited{120})) << outcome;
  EXPECT_THAT(outcome.err, Not(HasSubstr("waiting")));
}

}  // namespace
}  // namespace ringfence::live
