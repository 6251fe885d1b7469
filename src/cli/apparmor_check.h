// A second opinion on an AppArmor profile: Debian's own parser.
#pragma once

#include <expected>
#include <string>

#include "compile/apparmor.h"
#include "compile/error.h"

namespace ringfence::cli {

enum class AppArmorCheck {
  kAccepted,
  kNotInstalled,  // no apparmor_parser, or none that knows the ABI
};

// Compiles the profile with apparmor_parser, loads nothing and needs no
// privilege. A rejection names the line of the user's file that asked for
// what the parser does not take.
[[nodiscard]] std::expected<AppArmorCheck, compile::CompileError> CheckAppArmor(
    const compile::AppArmorProfile& profile, compile::AppArmorAbi abi);

// Whether the installed parser knows the policy language of `abi`.
[[nodiscard]] bool KnowsAppArmor(compile::AppArmorAbi abi);

}  // namespace ringfence::cli
