// The AppArmor profiles of the host's trust levels, in its kernel.
#pragma once

#include "host/ground.h"

namespace ringfence::cli {

// Compiles every level that profiles are looked up for and gives it to
// apparmor_parser, which puts it in the place of one of that name. Needs root.
// Nothing happens, and nothing is said, where AppArmor is off.
[[nodiscard]] host::Outcome LoadAppArmor(host::Mode mode);

// Takes the levels' profiles away again, whoever loaded them; those of single
// workloads stay.
[[nodiscard]] host::Outcome UnloadAppArmor(host::Mode mode);

}  // namespace ringfence::cli
