// Check: an invariant of our own that must hold in every build.
//
//   Check(index < steps.size(), "plan: step index out of range");
//
// A failed Check is a bug in Ringfence, never the user's input and never a
// refusal of the kernel. It writes one line to standard error with write(2)
// and aborts; it allocates nothing and takes no lock, so it may be used after
// fork.
#pragma once

namespace ringfence {

[[noreturn]] void CheckFailed(const char* message) noexcept;

inline void Check(bool holds, const char* message) noexcept {
  if (!holds) [[unlikely]]
    CheckFailed(message);
}

}  // namespace ringfence
