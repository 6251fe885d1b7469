// ExportOci: a policy -> a seccomp profile for Docker, Podman or an OCI
// runtime.
//
//   auto json = oci::ExportOci(policy);
//
// The profile says of every call what the policy says, on the policy's
// architecture; what it cannot say is an error. Three things differ by
// necessity: there is no supervisor of ours behind it, so `explain` is a plain
// errno; a foreign architecture is answered by libseccomp, which kills the
// thread; uretprobe and uprobe pass.
//
// libseccomp up to 2.5.4 compiles some combinations of comparisons of 64 bits
// wrongly, so the profile has none: ranges become masked equalities.
#pragma once

#include <expected>
#include <string>

#include "model/seccomp.h"

namespace ringfence::oci {

// The text of the JSON file, with a newline at its end; equal policies give
// equal texts. The error says which call cannot be expressed, and why. [pure]
[[nodiscard]] std::expected<std::string, std::string> ExportOci(
    const model::SeccompPolicy& policy);

}  // namespace ringfence::oci
