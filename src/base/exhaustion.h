// What becomes of a program of ours that runs out of something.
//
//   int main() {
//     PrepareForExhaustion();
//     ...
//
// Without memory, operator new writes one line to standard error and ends the
// process with exit code 125: an exception that nobody catches would say
// nothing of use, and the launcher has none. Whatever sandbox there is ends
// with its launcher. At its limit on the size of files (RLIMIT_FSIZE) a write
// fails with EFBIG, as on a full disk it does with ENOSPC, and no SIGXFSZ kills
// the process; programs that it executes inherit that, workloads do not
// (sys::DefaultSignals).
#pragma once

namespace ringfence {

void PrepareForExhaustion() noexcept;

}  // namespace ringfence
