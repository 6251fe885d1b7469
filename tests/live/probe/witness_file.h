// A file in which processes note when they ran, and from which a test reads
// whether two of them ever overlapped.
//
//   $ probe witness:/data/witness,1        # group 1, until it is killed
//   $ probe witness:/data/witness,2,50     # group 2, for 50 milliseconds
//
// Each process takes a slot of its own, writes the time of its first look at
// the clock there once, and that of its latest one as fast as it can. A time
// is written after it was read, so a process surely ran at every time noted.
//
// The file is mapped shared by processes that do not know of each other. It
// is made by the test, all zero.
#pragma once

#include <atomic>
#include <cstdint>
#include <ctime>

namespace ringfence::live {

inline constexpr uint32_t kWitnessSlots = 256;

struct WitnessSlot {
  std::atomic<uint64_t> group;     // written last; 0: not in use
  std::atomic<uint64_t> first_ns;  // CLOCK_MONOTONIC
  std::atomic<uint64_t> last_ns;
};

struct WitnessFile {
  std::atomic<uint64_t> taken;  // slots given out
  WitnessSlot slots[kWitnessSlots];
};
static_assert(std::atomic<uint64_t>::is_always_lock_free);

inline uint64_t MonotonicNs() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace ringfence::live
