#include "admit/decide.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>

namespace ringfence::admit {
namespace {

using model::Colocate;
using model::TrustLevel;

// Two levels, two tenants and none, every mode: 18 kinds of workload.
std::vector<TrustLevel> EveryKind() {
  std::vector<TrustLevel> kinds;
  for (const char* name : {"public", "internal"}) {
    for (const char* tenant : {"", "shop", "bank"}) {
      for (const Colocate colocate :
           {Colocate::kSameLevel, Colocate::kSameTenant, Colocate::kAlone}) {
        kinds.push_back({name, tenant, colocate});
      }
    }
  }
  return kinds;
}

Record Held(const TrustLevel& level, int32_t pid) {
  return {.name = "w" + std::to_string(pid),
          .level = level,
          .supervisor = {pid, 1}};
}

// The rule in plain words, without keys.
bool MayMeet(const TrustLevel& one, const TrustLevel& other) {
  if (one.colocate == Colocate::kAlone || other.colocate == Colocate::kAlone) {
    return false;
  }
  if (one.name != other.name || one.colocate != other.colocate) return false;
  if (one.colocate == Colocate::kSameLevel) return true;
  return !one.tenant.empty() && one.tenant == other.tenant;
}

TEST(Compatible, FollowsTheRuleForEveryPair) {
  int together = 0;
  for (const TrustLevel& one : EveryKind()) {
    for (const TrustLevel& other : EveryKind()) {
      EXPECT_EQ(Compatible(one, other), MayMeet(one, other))
          << ClassKey(one) << " beside " << ClassKey(other);
      EXPECT_EQ(Compatible(one, other), Compatible(other, one));
      together += Compatible(one, other) ? 1 : 0;
    }
  }
  // Same level: 2 levels x 3 x 3; same tenant: 2 levels x 2 tenants.
  EXPECT_EQ(together, 22);
}

TEST(Compatible, IsTransitiveSoOneLockAClassIsEnough) {
  const auto kinds = EveryKind();
  for (const TrustLevel& a : kinds) {
    for (const TrustLevel& b : kinds) {
      for (const TrustLevel& c : kinds) {
        if (Compatible(a, b) && Compatible(b, c)) {
          EXPECT_TRUE(Compatible(a, c));
        }
      }
    }
  }
}

TEST(ClassKey, DifferentClassesHaveDifferentKeys) {
  // A tenant or level cannot be named so that two keys meet: names hold no
  // colon.
  EXPECT_EQ(ClassKey({"public", "shop", Colocate::kSameLevel}), "level:public");
  EXPECT_EQ(ClassKey({"public", "shop", Colocate::kSameTenant}),
            "tenant:public:shop");
  EXPECT_EQ(ClassKey({"public", "", Colocate::kSameTenant}), "");
  EXPECT_EQ(ClassKey({"public", "shop", Colocate::kAlone}), "");
}

// What root may have said about a host, every combination of it.
std::vector<model::HostPolicy> EveryPolicy() {
  const std::vector<std::vector<std::string>> reservations{
      {}, {"public"}, {"internal"}, {"internal", "public"}, {"critical"}};
  const std::vector<std::vector<model::StartRule>> rules{
      {},
      {{"public", {}}},
      {{"public", {model::HostGid(7)}}},
      {{"internal", {model::HostGid(7), model::HostGid(8)}}},
      {{"public", {model::HostGid(8)}}, {"internal", {model::HostGid(7)}}}};
  std::vector<model::HostPolicy> policies;
  for (const auto& accepts : reservations) {
    for (const auto& may_start : rules) {
      for (const bool draining : {false, true}) {
        policies.push_back(
            {.accepts = accepts, .draining = draining, .may_start = may_start});
      }
    }
  }
  return policies;
}

// The rules of a host in plain words: who is let to ask at all. nullopt: may
// ask.
std::optional<Decision> Forbidden(const Applicant& who,
                                  const model::HostPolicy& policy) {
  if (policy.draining) return Draining{};
  if (!policy.accepts.empty() &&
      std::ranges::count(policy.accepts, who.level.name) == 0) {
    return Reserved{policy.accepts};
  }
  for (const model::StartRule& rule : policy.may_start) {
    if (rule.level != who.level.name) continue;
    bool member = false;
    for (const model::HostGid group : rule.groups) {
      member = member || std::ranges::count(who.groups, group) != 0;
    }
    if (!member) return NotAllowed{rule.groups};
  }
  return std::nullopt;
}

TEST(Decide, FollowsTheRuleForEverySmallHost) {
  const auto kinds = EveryKind();
  const std::vector<std::vector<model::HostGid>> callers{
      {},
      {model::HostGid(7)},
      {model::HostGid(8)},
      {model::HostGid(8), model::HostGid(7)}};
  std::vector<std::vector<Record>> hosts{{}};
  for (const TrustLevel& one : kinds) {
    hosts.push_back({Held(one, 1)});
    for (const TrustLevel& other : kinds) {
      hosts.push_back({Held(one, 1), Held(other, 2)});
    }
  }
  size_t rows = 0;
  std::array<size_t, std::variant_size_v<Decision>> seen{};
  for (const TrustLevel& request : kinds) {
    for (const auto& held : hosts) {
      Decision beside = Admitted{};
      std::vector<Record> wrong;
      for (const Record& record : held) {
        if (!MayMeet(request, record.level)) wrong.push_back(record);
      }
      if (!wrong.empty()) beside = Incompatible{wrong};
      for (const model::HostPolicy& policy : EveryPolicy()) {
        for (const auto& groups : callers) {
          const Applicant who{request, groups};
          const Decision expected = Forbidden(who, policy).value_or(beside);
          ASSERT_EQ(Decide(who, held, policy), expected);
          ++rows;
          ++seen[expected.index()];
        }
      }
    }
  }
  // 18 kinds x 343 hosts x 50 policies x 4 callers, and every answer occurs.
  EXPECT_EQ(rows, 18u * 343u * 50u * 4u);
  for (const size_t count : seen) EXPECT_GT(count, 0u);
}

}  // namespace
}  // namespace ringfence::admit
