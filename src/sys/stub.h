// What the stub (stub_main.cc) says to init, over a pipe, as bytes.
//
// First kChecked, the label that it read and a NUL, or kBroken and an errno (0:
// the label is another one). Then nothing, because the workload's program took
// its place, or kCannotExecute and an errno.
#pragma once

#include <cstddef>

namespace ringfence::sys::stub {

// The stub's end of the pipe: below init's own descriptors.
inline constexpr int kReport = 63;
inline constexpr size_t kMaxLabel = 512;

inline constexpr char kChecked = 'K';
inline constexpr char kBroken = 'B';
inline constexpr char kCannotExecute = 'X';

}  // namespace ringfence::sys::stub
