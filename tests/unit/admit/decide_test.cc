#include "admit/decide.h"

#include <gtest/gtest.h>

#include <algorithm>

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

TEST(Decide, FollowsTheRuleForEverySmallHost) {
  const auto kinds = EveryKind();
  const std::vector<std::vector<std::string>> reservations{
      {}, {"public"}, {"internal"}, {"internal", "public"}, {"critical"}};
  std::vector<std::vector<Record>> hosts{{}};
  for (const TrustLevel& one : kinds) {
    hosts.push_back({Held(one, 1)});
    for (const TrustLevel& other : kinds) {
      hosts.push_back({Held(one, 1), Held(other, 2)});
    }
  }
  for (const TrustLevel& request : kinds) {
    for (const auto& accepts : reservations) {
      for (const auto& held : hosts) {
        Decision expected = Admitted{};
        std::vector<Record> wrong;
        for (const Record& record : held) {
          if (!MayMeet(request, record.level)) wrong.push_back(record);
        }
        if (!wrong.empty()) expected = Incompatible{wrong};
        if (!accepts.empty() &&
            std::ranges::count(accepts, request.name) == 0) {
          expected = Reserved{accepts};
        }
        ASSERT_EQ(Decide(request, held, accepts), expected);
      }
    }
  }
}

}  // namespace
}  // namespace ringfence::admit
