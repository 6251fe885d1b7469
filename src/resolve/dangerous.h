// The dangerous list: system calls that a level may allow only with a reason,
// an owner and a date of review.
//
// On it are the calls that reach into other processes, change namespaces and
// mounts, load code into the kernel, reach files past the view, or start work
// that no filter sees.
#pragma once

#include <string_view>

namespace ringfence::resolve {

[[nodiscard]] bool IsDangerous(std::string_view syscall);

}  // namespace ringfence::resolve
