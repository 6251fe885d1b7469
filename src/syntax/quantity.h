// Numbers, sizes, times, addresses and names as they are written.
//
//   ParseSize("64Mi")        // 67108864
//   ParseDuration("500ms")   // 500
//   ParseId("0")             // a Fault: kBadId
//
// All of them take the exact text of a scalar: no blanks, no sign, no 0x, no
// leading zeros, no rounding, no wrapping. Either the value is exactly what
// was written or there is a Fault that says what was expected.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "syntax/codes.h"
#include "syntax/document.h"

namespace ringfence::syntax {

struct Fault {
  Code code;
  std::string message;
  std::string help;
  bool operator==(const Fault&) const = default;
};

template <typename T>
using Parsed = std::expected<T, Fault>;

// A whole decimal number from `least` to `most`, both inclusive.
[[nodiscard]] Parsed<uint64_t> ParseNumber(std::string_view text,
                                           uint64_t least, uint64_t most);
// What nothing limits, as RLIM_INFINITY has it.
inline constexpr std::string_view kUnlimitedWord = "unlimited";
inline constexpr uint64_t kUnlimited = ~uint64_t{0};
// A whole number, or kUnlimitedWord.
[[nodiscard]] Parsed<uint64_t> ParseLimit(std::string_view text);
// 1..4294967294.
[[nodiscard]] Parsed<uint32_t> ParseId(std::string_view text);
// Bytes, 1..2^63-1: digits, then nothing, Ki, Mi, Gi or Ti.
[[nodiscard]] Parsed<uint64_t> ParseSize(std::string_view text);
// Milliseconds, at most a year: digits, then ms, s, m or h.
[[nodiscard]] Parsed<uint64_t> ParseDuration(std::string_view text);
// Thousandths of a core, 1..4096000: digits, at most three decimals.
[[nodiscard]] Parsed<uint64_t> ParseCpu(std::string_view text);
// 0..07777: a 0 and three octal digits.
[[nodiscard]] Parsed<uint32_t> ParseMode(std::string_view text);
// "127.0.0.1:8080", "[::1]:8080".
[[nodiscard]] Parsed<Address> ParseAddress(std::string_view text);
// "SIGTERM"; numbers that are equal on x86_64 and aarch64.
[[nodiscard]] Parsed<int> ParseSignal(std::string_view text);
// "EACCES"; numbers that are equal on x86_64 and aarch64.
[[nodiscard]] Parsed<uint16_t> ParseErrno(std::string_view text);
// "explain", "quiet", "kill" or an errno.
[[nodiscard]] Parsed<Denial> ParseDenial(std::string_view text);
// "2027-01-31".
[[nodiscard]] Parsed<Date> ParseDate(std::string_view text);
// "6.1".
[[nodiscard]] Parsed<KernelVersion> ParseVersion(std::string_view text);

// The following only check; the value is the text itself.
// [a-z][a-z0-9-]*, at most 63 characters.
[[nodiscard]] Parsed<void> CheckName(std::string_view text);
// Two of these with a / between.
[[nodiscard]] Parsed<void> CheckRuleName(std::string_view text);
// A system call [a-z_][a-z0-9_]*, or "@" and a name.
[[nodiscard]] Parsed<void> CheckSyscall(std::string_view text);
[[nodiscard]] Parsed<void> CheckSyscallOrGroup(std::string_view text);
// Absolute, no empty, `.` or `..` component, no / at the end but for "/".
[[nodiscard]] Parsed<void> CheckInsidePath(std::string_view text);
// Absolute or relative; not empty, does not begin with ~.
[[nodiscard]] Parsed<void> CheckHostPath(std::string_view text);
// [A-Za-z_][A-Za-z0-9_]*.
[[nodiscard]] Parsed<void> CheckVariable(std::string_view text);

}  // namespace ringfence::syntax
