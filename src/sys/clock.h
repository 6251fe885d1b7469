// Clocks. [after-fork safe]
#pragma once

#include <cstdint>

namespace ringfence::sys {

// For deadlines: never set back, stands still while the machine sleeps.
[[nodiscard]] uint64_t MonotonicMs();
// For ages: counts from boot, through suspend, untouched by clock changes.
[[nodiscard]] uint64_t BoottimeMs();
// For people: milliseconds since 1970 UTC.
[[nodiscard]] int64_t RealtimeMs();
// What this process has used of processors, in microseconds.
[[nodiscard]] uint64_t ProcessorUs();

void SleepMs(uint64_t ms);

}  // namespace ringfence::sys
