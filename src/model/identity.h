// Who a workload is: trust level, tenant, and the ids it runs under.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/strong.h"

namespace ringfence::model {

// Ids as the host sees them, and as the sandbox sees them.
using HostUid = Strong<uint32_t, struct HostUidTag>;
using HostGid = Strong<uint32_t, struct HostGidTag>;
using NsUid = Strong<uint32_t, struct NsUidTag>;
using NsGid = Strong<uint32_t, struct NsGidTag>;

// Which running workloads a workload tolerates on its host.
enum class Colocate {
  kSameLevel,   // any of its own trust level
  kSameTenant,  // of its own level and tenant
  kAlone,       // none
};

struct TrustLevel {
  std::string name;    // [a-z][a-z0-9-]*, at most 63 bytes
  std::string tenant;  // empty: none
  Colocate colocate = Colocate::kSameLevel;
  bool operator==(const TrustLevel&) const = default;
};

// Neither id is ever 0: the resolver refuses it, and Open refuses it again.
struct User {
  NsUid uid;
  NsGid gid;
  bool operator==(const User&) const = default;
};

// One profile file that a workload's level was resolved from. Where the host
// is initialised, the launcher accepts only files that root owns and whose
// content still has this digest.
struct ProfileFile {
  std::string path;             // absolute, canonical
  std::vector<uint8_t> digest;  // BLAKE2b-256 of the file
  bool operator==(const ProfileFile&) const = default;
};

}  // namespace ringfence::model
