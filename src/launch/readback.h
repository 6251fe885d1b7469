// Reading back what the kernel enforces, from the text it gives.
//
//   StatusNumber(status, "NoNewPrivs", 10);   // 1
//
// Pure, and free of allocation: init and the workload's process use it after
// the clone. The format is that of /proc/PID/status (proc(5)).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ringfence::launch {

// The text after "NAME:\t" up to the end of its line; empty if there is none.
[[nodiscard]] std::string_view StatusField(std::string_view status,
                                           std::string_view name);
// The first number of that field. `base`: 10 or 16.
[[nodiscard]] std::optional<uint64_t> StatusNumber(std::string_view status,
                                                   std::string_view name,
                                                   int base);

// What /proc/PID/status has to say of a process of the sandbox.
struct Promise {
  uint32_t uid = 0;
  uint32_t gid = 0;
  uint64_t capabilities = 0;
  uint64_t filters = 0;  // how many seccomp filters: those of the caller, +1
};
// What differs, as a constant sentence; nullptr where all of it holds.
[[nodiscard]] const char* Broken(std::string_view status,
                                 const Promise& promise);

// True where `map` (/proc/PID/uid_map) is the one line "inside outside 1".
[[nodiscard]] bool IsSingleMap(std::string_view map, uint32_t inside,
                               uint32_t outside);

}  // namespace ringfence::launch
