#include "sys/clock.h"

#include <time.h>

#include "base/check.h"

namespace ringfence::sys {
namespace {

timespec Now(clockid_t clock) {
  timespec now{};
  Check(::clock_gettime(clock, &now) == 0, "clock: it cannot be read");
  return now;
}

int64_t Ms(const timespec& time) {
  return int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000;
}

}  // namespace

uint64_t MonotonicMs() {
  return static_cast<uint64_t>(Ms(Now(CLOCK_MONOTONIC)));
}
uint64_t BoottimeMs() { return static_cast<uint64_t>(Ms(Now(CLOCK_BOOTTIME))); }
int64_t RealtimeMs() { return Ms(Now(CLOCK_REALTIME)); }
uint64_t ProcessorUs() {
  const timespec used = Now(CLOCK_PROCESS_CPUTIME_ID);
  return static_cast<uint64_t>(int64_t{used.tv_sec} * 1'000'000 +
                               used.tv_nsec / 1000);
}

void SleepMs(uint64_t ms) {
  timespec left{.tv_sec = static_cast<time_t>(ms / 1000),
                .tv_nsec = static_cast<long>(ms % 1000) * 1'000'000};
  while (::nanosleep(&left, &left) != 0) {
  }
}

}  // namespace ringfence::sys
