// System calls by number.
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "probe.h"

namespace probe {
namespace {

constexpr long kMaxErrno = 4095;

using Arguments = std::array<long, 6>;

// The kernel's own answer: -errno or a value. Inlined, and no libc function,
// because of vfork(2): its child runs on the caller's stack, and would
// overwrite the frame of syscall(3), to which the parent still has to return.
[[gnu::always_inline]] inline long RawCall(long number, const Arguments& a) {
#if defined(__x86_64__)
  long result = number;
  register long r10 __asm__("r10") = a[3];
  register long r8 __asm__("r8") = a[4];
  register long r9 __asm__("r9") = a[5];
  __asm__ volatile("syscall"
                   : "+a"(result)
                   : "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a[0];
  register long x1 __asm__("x1") = a[1];
  register long x2 __asm__("x2") = a[2];
  register long x3 __asm__("x3") = a[3];
  register long x4 __asm__("x4") = a[4];
  register long x5 __asm__("x5") = a[5];
  __asm__ volatile("svc 0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory");
  return x0;
#endif
}

std::string RawOutcome(long result) {
  if (result < 0 && result >= -kMaxErrno) {
    return ErrnoName(static_cast<int>(-result));
  }
  return "0";
}

std::string TryCall(long number, const Arguments& arguments) {
  const long self = RawCall(SYS_getpid, {});
  const long result = RawCall(number, arguments);
  // fork, vfork, clone: the copy has nothing to say.
  if (RawCall(SYS_getpid, {}) != self) RawCall(SYS_exit_group, {});
  return RawOutcome(result);
}

std::optional<Attempt> PrepareSyscall(std::string_view argument) {
  const auto values = ParseValues(argument, 1, 7);
  if (!values) return std::nullopt;
  Arguments arguments{};
  std::copy(values->begin() + 1, values->end(), arguments.begin());
  return [=, number = values->front()] { return TryCall(number, arguments); };
}

#if defined(__x86_64__)
// The 32-bit entry. Its numbers are those of i386, its arguments 32 bits.
long Int80(long number, const Arguments& a) {
  long result = number;
  __asm__ volatile("int $0x80"
                   : "+a"(result)
                   : "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3]), "D"(a[4])
                   : "r8", "r9", "r10", "r11", "memory");
  return static_cast<int>(result);
}

std::optional<Attempt> PrepareInt80(std::string_view argument) {
  const auto values = ParseValues(argument, 1, 6);
  if (!values) return std::nullopt;
  Arguments arguments{};
  std::copy(values->begin() + 1, values->end(), arguments.begin());
  return [=, number = values->front()] {
    return RawOutcome(Int80(number, arguments));
  };
}
#endif

std::optional<Attempt> PrepareSocket(std::string_view argument) {
  const auto values = ParseValues(argument, 3, 3);
  if (!values) return std::nullopt;
  return [v = *values] {
    return TryCall(SYS_socket, {v[0], v[1], v[2], 0, 0, 0});
  };
}

constexpr Operation kOperations[] = {
    {"syscall", PrepareSyscall},
    {"socket", PrepareSocket},
#if defined(__x86_64__)
    {"int80", PrepareInt80},
#endif
};

// These end or stop the caller whatever their arguments are, and are denied
// in no sandbox, or say nothing.
constexpr long kNeverSwept[] = {
    SYS_exit,
    SYS_exit_group,
    SYS_rt_sigreturn,
#if defined(__x86_64__)
    SYS_pause,
#endif
};

// With all arguments -1 these would still do something to a host.
constexpr long kNotOutside[] = {
    SYS_vhangup, SYS_reboot, SYS_sync,
    SYS_msgget,  // makes a queue with key -1
};

bool Contains(std::span<const long> numbers, long number) {
  return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

}  // namespace

std::span<const Operation> CallOperations() { return kOperations; }

bool Sweep(std::string_view range, bool outside) {
  const auto ends = Split(range, '-');
  if (ends.size() != 2) return false;
  const auto first = ParseValue(ends[0]);
  const auto last = ParseValue(ends[1]);
  if (!first || !last || *first < 0 || *last < *first) return false;
  for (long number = *first; number <= *last; ++number) {
    const std::string name = std::to_string(number);
    if (Contains(kNeverSwept, number) ||
        (outside && Contains(kNotOutside, number))) {
      WriteLine(name, "SKIPPED");
      continue;
    }
    WriteLine(name, RunInChild([number] {
                return TryCall(number, {-1, -1, -1, -1, -1, -1});
              }));
  }
  return true;
}

}  // namespace probe
