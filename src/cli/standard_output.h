// Whether what a command printed has arrived.
#pragma once

namespace ringfence::cli {

using CommandMain = int (*)(int argc, char** argv);

// The exit code of `command`; or 125 and a message where standard output did
// not take everything, as on a full disk, or an exception got away. Half an
// answer must not look like a whole one.
[[nodiscard]] int RunWhole(CommandMain command, int argc, char** argv);

// For what printed without a command: `code`, or 125.
[[nodiscard]] int FinishOutput(int code);

}  // namespace ringfence::cli
