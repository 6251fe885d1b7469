// `ringfence attack`: whether a profile stops every technique that is known.
#pragma once

namespace ringfence::cli {

// `argv[0]` is "attack".
[[nodiscard]] int RunAttack(int argc, char** argv);

}  // namespace ringfence::cli
