// The user-namespace id map of a workload, as text for people and audits.
#pragma once

#include <string>

#include "model/identity.h"

namespace ringfence::compile {

// Two lines as in /proc/PID/uid_map and gid_map with the caller's ids, which
// only the launch knows, as words:
//
//   uid: 1000 CALLER 1
//   gid: 1000 CALLER 1
[[nodiscard]] std::string CompileIdMap(const model::User& user);

}  // namespace ringfence::compile
