// `ringfence why`: may this level start now, and who is in its way?
#pragma once

namespace ringfence::cli {

// `argv[0]` is "why". Returns the exit code.
[[nodiscard]] int RunWhy(int argc, char** argv);

}  // namespace ringfence::cli
