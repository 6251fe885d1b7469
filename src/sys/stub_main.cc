// The stub: the first program that runs under a new label.
//
//   /.ringfence-stub 63 ATTRIBUTE LABEL PROGRAM ARGUMENT0 ARGUMENT...
//
// A label takes effect at an exec, so nobody can look at it before. This
// program looks: ATTRIBUTE is the file in /proc that tells its label, LABEL
// the profile of AppArmor that has to be in it and enforcing, or the label of
// SELinux that it has to be. Then it says so on descriptor
// 63 and executes PROGRAM in its place. It runs under the workload's filter and
// needs openat, read, write, close, execve and exit_group of it; there is no C
// library here, which would make calls of its own.
#include <cstddef>
#include <cstdint>

#include "sys/stub.h"

namespace {

using ringfence::sys::stub::kBroken;
using ringfence::sys::stub::kCannotExecute;
using ringfence::sys::stub::kChecked;
using ringfence::sys::stub::kMaxLabel;

// SAFETY: the kernel's calling convention (syscall(2)); it clobbers rcx, r11
// and memory.
#if defined(__x86_64__)
constexpr long kRead = 0, kWrite = 1, kClose = 3, kExecve = 59,
               kExitGroup = 231, kOpenat = 257;
long Call(long number, long a, long b, long c) {
  long result = 0;
  register long r10 asm("r10") = 0;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
               : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
constexpr long kOpenat = 56, kClose = 57, kRead = 63, kWrite = 64,
               kExitGroup = 94, kExecve = 221;
long Call(long number, long a, long b, long c) {
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = 0;
  asm volatile("svc 0"
               : "+r"(x0)
               : "r"(x8), "r"(x1), "r"(x2), "r"(x3)
               : "memory");
  return x0;
}
#endif

constexpr long kCurrentDirectory = -100;  // AT_FDCWD
constexpr long kReadOnly = 0;
constexpr long kWriteOnlyCloseOnExec = 1 | 02000000;

long Address(const void* pointer) { return reinterpret_cast<long>(pointer); }

[[noreturn]] void Exit() {
  while (true) Call(kExitGroup, 1, 0, 0);
}

[[noreturn]] void Say(long report, char what, long error) {
  const char message[2] = {what, static_cast<char>(error)};
  Call(kWrite, report, Address(message), sizeof message);
  Exit();
}

bool StartsWith(const char* text, const char* prefix) {
  while (*prefix != '\0') {
    if (*text++ != *prefix++) return false;
  }
  return true;
}

size_t Length(const char* text) {
  size_t length = 0;
  while (text[length] != '\0') ++length;
  return length;
}

bool Equals(const char* label, const char* wanted) {
  return StartsWith(label, wanted) && label[Length(wanted)] == '\0';
}

bool IsSelinux(const char* label) {
  for (; *label != '\0'; ++label) {
    if (*label == ':') return true;  // no profile of ours has one
  }
  return false;
}

// "PROFILE (enforce)", or, where the launcher was confined itself,
// "OTHER//&PROFILE (enforce)" in either order.
bool Confines(const char* label, const char* profile) {
  const size_t length = Length(profile);
  bool found = false;
  const char* at = label;
  for (bool begins = true; *at != '\0' && *at != ' '; ++at) {
    if (begins && StartsWith(at, profile)) {
      const char* const end = at + length;
      found = found || *end == ' ' || StartsWith(end, "//&");
    }
    begins = at > label + 1 && at[0] == '&' && at[-1] == '/' && at[-2] == '/';
  }
  return found && StartsWith(at, " (enforce)");
}

}  // namespace

// SAFETY: called by _start below with the stack as the kernel left it:
// argc, the arguments, NULL, the environment, NULL (System V ABI).
extern "C" [[noreturn]] void Main(long* stack) {
  const long count = stack[0];
  char** const arguments = reinterpret_cast<char**>(stack + 1);
  char** const environment = arguments + count + 1;
  if (count < 6) Exit();
  // The same pipe again, but closed by the exec.
  char path[] = "/proc/self/fd/63";
  const long report =
      Call(kOpenat, kCurrentDirectory, Address(path), kWriteOnlyCloseOnExec);
  Call(kClose, ringfence::sys::stub::kReport, 0, 0);
  if (report < 0) Exit();

  // Not initialized: clang would call memset(3), which is not here. What is
  // read of it is written first.
  char said[1 + kMaxLabel + 1];
  const long attribute =
      Call(kOpenat, kCurrentDirectory, Address(arguments[2]), kReadOnly);
  if (attribute < 0) Say(report, kBroken, -attribute);
  long size = Call(kRead, attribute, Address(said + 1), kMaxLabel);
  Call(kClose, attribute, 0, 0);
  if (size < 0) Say(report, kBroken, -size);
  // The label of SELinux comes with its NUL.
  while (size > 0 && said[size] == '\0') --size;
  said[1 + size] = '\0';
  const bool good = IsSelinux(arguments[3]) ? Equals(said + 1, arguments[3])
                                            : Confines(said + 1, arguments[3]);
  if (!good) Say(report, kBroken, 0);
  said[0] = kChecked;
  Call(kWrite, report, Address(said), 1 + size + 1);

  const long failed = Call(kExecve, Address(arguments[4]),
                           Address(arguments + 5), Address(environment));
  Say(report, kCannotExecute, -failed);
}

#if defined(__x86_64__)
asm(".global _start\n_start:\n xor %ebp, %ebp\n mov %rsp, %rdi\n"
    " and $-16, %rsp\n call Main\n hlt\n");
#elif defined(__aarch64__)
asm(".global _start\n_start:\n mov x0, sp\n bl Main\n brk 0\n");
#endif
