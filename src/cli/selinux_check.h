// A second opinion on an SELinux module: libsepol's.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "compile/error.h"
#include "compile/selinux.h"

namespace ringfence::cli {

// Links the modules to `base`, a policy as CIL; empty: a small one of our own.
// A rejection names the line of the user's file that asked for what does not
// fit. The kernel's form of a policy cannot be such a base: it lacks the names
// of attributes.
[[nodiscard]] std::expected<void, compile::CompileError> CheckSelinux(
    const std::vector<compile::SelinuxModule>& modules,
    std::string_view base = {});

// The same from what semodule(8) said when it was to link `module` to the
// site's policy.
[[nodiscard]] compile::CompileError SelinuxError(
    const std::string& complaint, const compile::SelinuxModule& module);

// FILE:LINE: why, or why alone; one line.
[[nodiscard]] std::string Describe(const compile::CompileError& error);

}  // namespace ringfence::cli
