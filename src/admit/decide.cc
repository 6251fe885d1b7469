#include "admit/decide.h"

#include <algorithm>
#include <utility>

namespace ringfence::admit {

std::string ClassKey(const model::TrustLevel& level) {
  switch (level.colocate) {
    case model::Colocate::kSameLevel:
      return "level:" + level.name;
    case model::Colocate::kSameTenant:
      if (level.tenant.empty()) return {};
      return "tenant:" + level.name + ":" + level.tenant;
    case model::Colocate::kAlone:
      return {};
  }
  return {};
}

bool Compatible(const model::TrustLevel& one, const model::TrustLevel& other) {
  const std::string key = ClassKey(one);
  return !key.empty() && key == ClassKey(other);
}

Decision Decide(const Applicant& who, std::span<const Record> held,
                const model::HostPolicy& policy) {
  const auto has = [](const auto& list, const auto& value) {
    return std::ranges::find(list, value) != list.end();
  };
  if (policy.draining) return Draining{};
  if (!policy.accepts.empty() && !has(policy.accepts, who.level.name)) {
    return Reserved{policy.accepts};
  }
  for (const model::StartRule& rule : policy.may_start) {
    if (rule.level == who.level.name &&
        std::ranges::none_of(rule.groups, [&](model::HostGid group) {
          return has(who.groups, group);
        })) {
      return NotAllowed{rule.groups};
    }
  }
  Incompatible incompatible;
  for (const Record& record : held) {
    if (!Compatible(who.level, record.level)) {
      incompatible.neighbours.push_back(record);
    }
  }
  if (!incompatible.neighbours.empty()) return incompatible;
  return Admitted{};
}

}  // namespace ringfence::admit
