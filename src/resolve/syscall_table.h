// The system calls of each architecture: number, first kernel, arguments.
//
//   const Syscall* socket = FindSyscall(model::kArchX86_64, "socket");
//   socket->arguments[0].name;    // "family"
//   socket->arguments[0].width;   // kLow32: the kernel reads an int
//
// The table itself is generated (syscall_table.inc); the script beside it says
// from what.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "model/seccomp.h"

namespace ringfence::resolve {

// A kernel release, 6.1 as {6, 1}.
struct KernelVersion {
  uint16_t major = 0;
  uint16_t minor = 0;
  auto operator<=>(const KernelVersion&) const = default;
};

struct SyscallArgument {
  enum class Kind : uint8_t {
    kInteger,
    kFlags,
    kDescriptor,
    kPointer,
    kSize,
    kOffset
  };
  std::string_view name;
  Kind kind = Kind::kInteger;
  model::Width width = model::Width::kFull64;
  bool is_signed = false;
  // How many low bits the kernel keeps: 16 (umode_t), 32 or 64. With 16, a test
  // must mask the rest of the low word away.
  uint8_t bits = 64;
};

struct Syscall {
  std::string_view name;
  uint32_t number = 0;
  KernelVersion since;  // 2.6.12 and older: {2, 6}
  std::span<const SyscallArgument> arguments;
  // False where seccomp cannot deny the call on current kernels, whatever the
  // filter says: uretprobe and uprobe.
  bool enforceable = true;
};

// Sorted by number. Empty for an unknown architecture.
[[nodiscard]] std::span<const Syscall> Syscalls(uint32_t arch);
[[nodiscard]] const Syscall* FindSyscall(uint32_t arch, std::string_view name);
[[nodiscard]] const Syscall* FindSyscall(uint32_t arch, uint32_t number);

}  // namespace ringfence::resolve
