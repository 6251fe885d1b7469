#include "check/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>

#include "check/check.h"
#include "check/waiver.h"

namespace ringfence::check {
namespace {

using syntax::Code;
using syntax::Date;
using testing::ElementsAre;

constexpr uint32_t kSocket = 41;  // x86_64

model::Condition Family(uint64_t value) {
  return {model::Condition::Kind::kTest,
          {.arg = 0, .mask = UINT32_MAX, .value = value},
          {}};
}

// A level that allows socket(AF_UNIX) alone.
Subject OnlyUnix() {
  model::SeccompPolicy policy{
      .calls =
          {{.number = kSocket,
            .name = "socket",
            .clauses = {{Family(AF_UNIX), model::kAllowed, {"p.yaml", 7, 3}}},
            .otherwise = {model::Action::kQuiet, 1},
            .source = {"p.yaml", 6, 1}}},
      .unlisted = {model::Action::kQuiet, 38}};
  return {.file = "p.yaml",
          .name = "p",
          .is_level = true,
          .levels = {"p"},
          .policies = {policy},
          .span = {"p.yaml", 1, 1, 1}};
}

resolve::GateRule NeverSocket(model::Condition when) {
  return {.name = "g/no-socket",
          .span = {"g.yaml", 4, 9, 1},
          .claim = resolve::Never{
              {{"socket", model::kArchX86_64, kSocket, std::move(when)}}}};
}

Judge::FindLevel None() {
  return [](std::string_view) { return nullptr; };
}

constexpr Date kToday{2026, 11, 25};

TEST(Judge, ProvesWhatNeverHappens) {
  Judge judge(None());
  EXPECT_TRUE(
      judge.Apply(NeverSocket(Family(AF_INET)), OnlyUnix(), kToday).empty());
}

TEST(Judge, FindsTheOneFamilyThatIsAllowed) {
  Judge judge(None());
  const auto findings =
      judge.Apply(NeverSocket(model::Always()), OnlyUnix(), kToday);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].code, Code::kNeverAllowed);
  EXPECT_EQ(findings[0].witness->call.nr, kSocket);
  EXPECT_EQ(findings[0].witness->call.args[0], uint64_t{AF_UNIX});
  EXPECT_TRUE(prove::Permits(findings[0].witness->is));
  EXPECT_EQ(findings[0].at.line, 7u);
}

TEST(Judge, SaysWhatNobodyKnows) {
  // Two tests of the same argument that no single value can pass: only the
  // solver can tell, and it gets next to no work.
  Subject subject = OnlyUnix();
  model::Condition odd{model::Condition::Kind::kAll,
                       {},
                       {{model::Condition::Kind::kTest,
                         {.arg = 0, .mask = 0xF0F0F0F0, .value = 0x10101010},
                         {}},
                        {model::Condition::Kind::kTest,
                         {.arg = 0, .mask = 0x1F1F1F1F, .value = 0x0F0F0F0F},
                         {}}}};
  subject.policies[0].calls[0].clauses[0].when = odd;
  Judge judge(None(), 1);
  const auto findings = judge.Apply(NeverSocket(odd), subject, kToday);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].code, Code::kNotDecided);
  EXPECT_EQ(findings[0].severity, Severity::kError);
}

TEST(Judge, AWarningOfWhatNobodyKnowsIsAnError) {
  Subject subject = OnlyUnix();
  resolve::GateRule rule = NeverSocket(model::Always());
  rule.severity = Severity::kWarning;
  Judge judge(None());
  EXPECT_EQ(judge.Apply(rule, subject, kToday)[0].severity, Severity::kWarning);
}

TEST(Gate, IsAboutALevelAndWhatExtendsIt) {
  resolve::Gate gate{.name = "g", .levels = {"public"}};
  Subject subject{.levels = {"shop", "public", "internal"}};
  EXPECT_TRUE(AppliesTo(gate, subject));
  subject.levels = {"internal", "critical"};
  EXPECT_FALSE(AppliesTo(gate, subject));
  gate.levels.clear();
  EXPECT_TRUE(AppliesTo(gate, subject));
}

syntax::Waiver Until(Date day) {
  syntax::Waiver waiver;
  waiver.rule.value = "g/no-socket";
  waiver.subject.value = "p.yaml";
  waiver.expires.value = day;
  return waiver;
}

TEST(Waiver, LastsThroughItsLastDay) {
  EXPECT_EQ(StateOf(Until({2026, 11, 24}), kToday), WaiverState::kExpired);
  EXPECT_EQ(StateOf(Until({2026, 11, 25}), kToday), WaiverState::kEndsSoon);
  EXPECT_EQ(StateOf(Until({2026, 12, 9}), kToday), WaiverState::kEndsSoon);
  EXPECT_EQ(StateOf(Until({2026, 12, 10}), kToday), WaiverState::kValid);
  EXPECT_EQ(StateOf(Until({2027, 5, 24}), kToday), WaiverState::kValid);
  EXPECT_EQ(StateOf(Until({2027, 5, 25}), kToday), WaiverState::kTooLong);
  EXPECT_EQ(StateOf(Until({2025, 11, 26}), kToday), WaiverState::kExpired);
}

// What a check finds for one subject, one gate and one waiver.
std::vector<Code> Codes(const resolve::GateRule& rule, Date expires,
                        const std::string& subject_of_waiver) {
  const std::vector<resolve::Gate> gates = {{.name = "g", .rules = {rule}}};
  const std::vector<KnownWaiver> waivers = {
      {Until(expires), "w.yaml", subject_of_waiver}};
  Judge judge(None());
  Checker checker(gates, waivers, judge, kToday);
  checker.Add(OnlyUnix(), "/p.yaml");
  std::vector<Code> codes;
  const Report report = checker.Finish();
  for (const Finding& finding : report.findings) {
    if (!finding.waived) codes.push_back(finding.code);
  }
  return codes;
}

TEST(Waiver, ExcusesItsRuleInItsFileWhileItLasts) {
  const auto broken = NeverSocket(model::Always());
  EXPECT_THAT(Codes(broken, {2027, 1, 31}, "/p.yaml"), ElementsAre());
  EXPECT_THAT(Codes(broken, {2027, 1, 31}, "/q.yaml"),
              ElementsAre(Code::kNeverAllowed));
  EXPECT_THAT(Codes(broken, {2026, 12, 1}, "/p.yaml"),
              ElementsAre(Code::kWaiverEndsSoon));
  EXPECT_THAT(Codes(broken, {2026, 11, 24}, "/p.yaml"),
              ElementsAre(Code::kNeverAllowed, Code::kWaiverExpired));
  // Too long: the file is refused when it is read, and counts for nothing here.
  EXPECT_THAT(Codes(broken, {2029, 1, 1}, "/p.yaml"),
              ElementsAre(Code::kNeverAllowed));
  EXPECT_THAT(Codes(NeverSocket(Family(AF_INET)), {2027, 1, 31}, "/p.yaml"),
              ElementsAre(Code::kWaiverUnused));
}

}  // namespace
}  // namespace ringfence::check
