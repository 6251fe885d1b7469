// How often something a workload asks for is done.
#pragma once

#include <cstdint>

namespace ringfence::launch {

// Lets `kBurst` through each second.
class RateLimit {
 public:
  static constexpr uint32_t kBurst = 10;
  // `now_ms`: a monotonic clock. True: do it.
  [[nodiscard]] bool Admits(uint64_t now_ms) {
    if (now_ms / 1000 != second_) {
      second_ = now_ms / 1000;
      used_ = 0;
    }
    if (used_ == kBurst) return false;
    ++used_;
    return true;
  }

 private:
  uint64_t second_ = 0;
  uint32_t used_ = 0;
};

}  // namespace ringfence::launch
