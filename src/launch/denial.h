// A denied call, told to people.
#pragma once

#include <string>

#include "bundle/bundle.h"
#include "sys/confine.h"

namespace ringfence::launch {

// "python3[1234]: unshare(0x10000000, 0x0, 0x0) is denied (EPERM) by
// profiles/public.yaml:31". The program's name is read from /proc and may be
// gone already.
[[nodiscard]] std::string DescribeDenial(const bundle::Bundle& bundle,
                                         const sys::Notification& call);

// What a call denied by `explain` is answered with.
[[nodiscard]] uint16_t ErrorFor(const bundle::Bundle& bundle, uint32_t number);

// Lets `kBurst` lines through each second and counts the rest, so that a
// flood of denied calls cannot fill a log.
class RateLimit {
 public:
  static constexpr uint32_t kBurst = 10;
  // `now_ms`: a monotonic clock. True: say it.
  [[nodiscard]] bool Admits(uint64_t now_ms);
  // How many were held back since the last call of this.
  [[nodiscard]] uint64_t TakeDropped();

 private:
  uint64_t second_ = 0;
  uint32_t used_ = 0;
  uint64_t dropped_ = 0;
};

}  // namespace ringfence::launch
