// The launch that nobody else is needed for.
//
//   if (auto options = AtOnce(argc, argv, environment)) return Launch(...);
//
// `ringfence run BUNDLE [-- ARG...]` asks for nothing that takes a YAML file,
// an option, a cgroup, or a look at what else runs on the host. It is done by
// the process that was started, without a second program before the launcher.
#pragma once

#include <optional>
#include <string>

#include "launch/launch.h"

namespace ringfence::launch {

// As main() gets them. Nothing: this is for ringfence-cli, which also says what
// is wrong with it, if anything is.
[[nodiscard]] std::optional<Options> AtOnce(int argc, char** argv,
                                            char** environment);

// Whether a file begins as a bundle does; it is not read further.
[[nodiscard]] bool IsBundle(int fd);

// The program `name` of this installation: beside this one. Empty: it cannot
// be told where this one lies.
[[nodiscard]] std::string ProgramBeside(const char* name);

}  // namespace ringfence::launch
