// What a seccomp profile of Docker, Podman or an OCI runtime may hold.
//
// The keys are those of the runtime specification (config-linux.md, seccomp)
// and of the profiles that container engines read and resolve for a host
// (github.com/moby/profiles, github.com/containers/common): archMap, includes,
// excludes, comment, errno names.
#pragma once

#include "syntax/schema.h"

namespace ringfence::oci {

[[nodiscard]] const syntax::Type& ProfileType();

}  // namespace ringfence::oci
