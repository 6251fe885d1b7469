// A second opinion on an SELinux module: libsepol's.
#pragma once

#include <expected>
#include <vector>

#include "compile/error.h"
#include "compile/selinux.h"

namespace ringfence::cli {

// Links the modules to a small policy of our own. A rejection names the line of
// the user's file that asked for what does not fit. Whether they fit the site's
// policy semodule(8) says, which has its source; the kernel's form of it lacks
// attributes that a module needs.
[[nodiscard]] std::expected<void, compile::CompileError> CheckSelinux(
    const std::vector<compile::SelinuxModule>& modules);

}  // namespace ringfence::cli
