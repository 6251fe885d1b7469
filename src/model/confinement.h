// Confinement: the fully resolved value of one workload.
//
// Nothing is optional, nothing is left to look up, and it holds no order that
// depends on anything but its input. Resolve makes it; every backend in
// src/compile reads it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/denial.h"
#include "model/filesystem.h"
#include "model/identity.h"
#include "model/limits.h"
#include "model/network.h"
#include "model/seccomp.h"

namespace ringfence::model {

// The security modules of which any one must confine the workload.
struct MandatoryAccess {
  bool apparmor = false;
  bool selinux = false;
  bool landlock = false;
  bool operator==(const MandatoryAccess&) const = default;
};

struct Confinement {
  std::string name;  // of the workload: [a-z][a-z0-9-]*, at most 63 bytes
  TrustLevel level;
  uint32_t level_depth = 0;  // how many levels that level extends
  User user;
  std::vector<std::string>
      capabilities;  // CAP_*, sorted; kept in the user namespace
  std::vector<ViewEntry> view;
  Ceilings ceilings;
  Network network;
  Limits limits;
  Stop stop;
  MandatoryAccess mandatory_access;
  std::vector<SeccompPolicy> seccomp;    // one an architecture
  Denials denials;                       // of the first of these
  std::vector<std::string> command;      // absolute program, arguments
  std::vector<std::string> environment;  // NAME=value, sorted
  std::string working_directory;         // inside
  std::vector<ProfileFile> profiles;     // what the level was resolved from
  Source source;                         // of the workload
  bool operator==(const Confinement&) const = default;
};

}  // namespace ringfence::model
