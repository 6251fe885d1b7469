// A share of one processor, for work that a workload can cause at will.
//
//   if (share.RestMs(now) == 0) { answer(); share.Use(spent_us, now); }
#pragma once

#include <algorithm>
#include <cstdint>

namespace ringfence::launch {

class CpuShare {
 public:
  static constexpr int64_t kPercent = 3;
  static constexpr int64_t kBurstUs = 50'000;  // saved up at most
  static constexpr int64_t kTurnUs = 1'000;    // what a rest earns at least

  // `used_us` of processor time are gone. `now_ms`: a monotonic clock.
  void Use(uint64_t used_us, uint64_t now_ms) {
    Earn(now_ms);
    left_us_ -= static_cast<int64_t>(used_us);
    if (left_us_ < 0) resting_ = true;
  }

  // How long to rest from now on; 0: the share is not used up.
  [[nodiscard]] uint64_t RestMs(uint64_t now_ms) {
    Earn(now_ms);
    if (resting_ && left_us_ >= kTurnUs) resting_ = false;
    if (!resting_) return 0;
    return static_cast<uint64_t>((kTurnUs - left_us_) / kEarnedPerMs) + 1;
  }

 private:
  static constexpr int64_t kEarnedPerMs = kPercent * 10;  // microseconds

  void Earn(uint64_t now_ms) {
    const uint64_t passed = now_ms - std::min(now_ms, at_ms_);
    // More than fills it; no overflow.
    const auto counted =
        static_cast<int64_t>(std::min<uint64_t>(passed, 60'000));
    left_us_ = std::min(kBurstUs, left_us_ + counted * kEarnedPerMs);
    at_ms_ = now_ms;
  }

  int64_t left_us_ = kBurstUs;
  uint64_t at_ms_ = 0;
  bool resting_ = false;
};

}  // namespace ringfence::launch
