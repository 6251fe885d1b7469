// Refusal: why a launch ended before its program ran.
#pragma once

#include <string>

#include "base/result.h"

namespace ringfence::launch {

// The exit codes of `ringfence run` (docs/exit-codes.md). A workload may
// return these too: the status tells them apart.
enum class ExitCode : int {
  kColocation = 120,  // another trust level holds the host
  kProtection = 121,  // this host cannot enforce a required protection
  kInput = 122,       // the input or the usage is invalid
  kMissing = 123,     // something that it names is not there, or taken
  kTimeLimit = 124,
  kInternal = 125,  // Ringfence failed
  kCannotExecute = 126,
  kNotFound = 127,
};

struct Refusal {
  ExitCode code = ExitCode::kInternal;
  std::string why;     // one sentence, no full stop
  std::string remedy;  // one sentence or command; may be empty
};

// The remedy where a process cannot be made: EAGAIN (fork(2)).
inline constexpr char kTooManyProcesses[] =
    "the limit on your processes is reached (`ulimit -u`): raise it, or end "
    "some";

// "call: Permission denied"
[[nodiscard]] std::string Describe(const SysError& error);

}  // namespace ringfence::launch
