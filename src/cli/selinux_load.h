// The SELinux module of the host's trust levels, in its policy.
#pragma once

#include "host/ground.h"

namespace ringfence::cli {

// Compiles one module for every level that profiles are looked up for and gives
// it to semodule(8), which puts it in the place of one of that name, links it
// to the site's policy and loads the whole. It outlives a boot. Needs root.
// Nothing happens, and nothing is said, where SELinux is off.
[[nodiscard]] host::Outcome LoadSelinux(host::Mode mode);

// Takes the module away again; those of single workloads stay, which do not
// link without it: then this is a problem, and nothing is taken away.
[[nodiscard]] host::Outcome UnloadSelinux(host::Mode mode);

}  // namespace ringfence::cli
