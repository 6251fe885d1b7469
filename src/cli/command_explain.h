// `ringfence explain`: what a profile means, what a call gets, what an error
// id says.
#pragma once

namespace ringfence::cli {

// `argv[0]` is "explain".
[[nodiscard]] int RunExplain(int argc, char** argv);

}  // namespace ringfence::cli
