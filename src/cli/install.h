// Where the parts of this installation are.
//
// Everything is found from the running executable, so a build tree and an
// installed tree both work, and nothing is taken from the environment.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ringfence::cli {

// The path of the executable `name` ("ringfence-launch"), which lies beside
// this one. Empty: it is not there.
[[nodiscard]] std::string FindProgram(const char* name);

// The folders in which profiles are looked up, first match wins: `chosen`
// (--profiles) alone if it is not empty; else $RINGFENCE_PROFILES,
// /etc/ringfence/profiles, and the installed ones.
[[nodiscard]] std::vector<std::string> ProfileFolders(
    const std::string& chosen);

// Where the installed data called `name` ("profiles", "policies") may be, first
// match wins.
[[nodiscard]] std::vector<std::string> DataFolders(std::string_view name);

}  // namespace ringfence::cli
