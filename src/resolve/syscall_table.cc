#include "resolve/syscall_table.h"

#include <algorithm>

namespace ringfence::resolve {
namespace {

using enum SyscallArgument::Kind;
using enum model::Width;

#include "resolve/syscall_table.inc"

static_assert(std::ranges::is_sorted(kX86_64, std::ranges::less_equal{},
                                     &Syscall::number));
static_assert(std::ranges::is_sorted(kAarch64, std::ranges::less_equal{},
                                     &Syscall::number));

}  // namespace

std::span<const Syscall> Syscalls(uint32_t arch) {
  if (arch == model::kArchX86_64) return kX86_64;
  if (arch == model::kArchAarch64) return kAarch64;
  return {};
}

const Syscall* FindSyscall(uint32_t arch, std::string_view name) {
  const std::span<const Syscall> calls = Syscalls(arch);
  const auto at = std::ranges::find(calls, name, &Syscall::name);
  return at != calls.end() ? &*at : nullptr;
}

const Syscall* FindSyscall(uint32_t arch, uint32_t number) {
  const std::span<const Syscall> calls = Syscalls(arch);
  const auto at = std::ranges::lower_bound(calls, number, {}, &Syscall::number);
  return at != calls.end() && at->number == number ? &*at : nullptr;
}

}  // namespace ringfence::resolve
