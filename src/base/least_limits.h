// The least resource limits that a launch can live with.
//
// The launcher refuses below them, and the judgement of a host says so before.
#pragma once

#include <cstdint>

namespace ringfence {

// The first number that init's own descriptors have; the workload's listening
// sockets have to stay below it.
inline constexpr int kInternalDescriptors = 64;
// More than a launch takes, its listening sockets not counted.
inline constexpr int kLaunchDescriptors = 32;

// The launcher tries that many at its start: one below kInternalDescriptors,
// the others from there on.
inline constexpr uint64_t kLeastOpenFiles =
    kInternalDescriptors + kLaunchDescriptors - 1;
// The supervisor, the sandbox's init, and the workload.
inline constexpr uint64_t kLeastProcesses = 3;
// At 0 a crash handler behind a pipe still runs (core(5)).
inline constexpr uint64_t kLeastCore = 1;

}  // namespace ringfence
