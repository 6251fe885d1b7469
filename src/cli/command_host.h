// `ringfence host`: set this host up for all its users, or undo it. Needs root.
#pragma once

namespace ringfence::cli {

// `argv[0]` is "host". Returns the exit code.
[[nodiscard]] int RunHost(int argc, char** argv);

}  // namespace ringfence::cli
