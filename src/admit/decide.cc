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

Decision Decide(const model::TrustLevel& request, std::span<const Record> held,
                std::span<const std::string> host_accepts) {
  if (!host_accepts.empty() &&
      std::ranges::find(host_accepts, request.name) == host_accepts.end()) {
    return Reserved{{host_accepts.begin(), host_accepts.end()}};
  }
  Incompatible incompatible;
  for (const Record& record : held) {
    if (!Compatible(request, record.level)) {
      incompatible.neighbours.push_back(record);
    }
  }
  if (!incompatible.neighbours.empty()) return incompatible;
  return Admitted{};
}

}  // namespace ringfence::admit
