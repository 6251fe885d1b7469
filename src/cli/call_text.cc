#include "cli/call_text.h"

#include <fmt/format.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <string_view>
#include <vector>

#include "resolve/constants.h"
#include "resolve/syscall_table.h"

namespace ringfence::cli {
namespace {

using resolve::Syscall;
using resolve::SyscallArgument;

// Which constants an argument has: those that begin so. `call` empty: of any
// call. The first entry that fits is taken.
struct Naming {
  std::string_view call;
  std::string_view argument;
  std::string_view prefix;
};
constexpr Naming kNamings[] = {
    {"", "family", "AF_"},
    {"socket", "type", "SOCK_"},
    {"socketpair", "type", "SOCK_"},
    {"", "protocol", "IPPROTO_"},
    {"clone", "flags", "CLONE_"},
    {"unshare", "flags", "CLONE_"},
    {"setns", "flags", "CLONE_"},
    {"ioctl", "cmd", "TC"},
    {"ioctl", "cmd", "TIOC"},
    {"ioctl", "cmd", "FIO"},
    {"ioctl", "cmd", "SIOC"},
    {"ioctl", "cmd", "FS_IOC_"},
    {"ioctl", "cmd", ""},
    {"prctl", "option", "PR_"},
    {"keyctl", "option", "KEYCTL_"},
    {"", "prot", "PROT_"},
    {"mmap", "flags", "MAP_"},
    {"open", "flags", "O_"},
    {"openat", "flags", "O_"},
    {"sendto", "flags", "MSG_"},
    {"sendmsg", "flags", "MSG_"},
    {"sendmmsg", "flags", "MSG_"},
    {"recvfrom", "flags", "MSG_"},
    {"recvmsg", "flags", "MSG_"},
    {"fcntl", "cmd", "F_"},
    {"bpf", "cmd", "BPF_"},
    {"mount", "flags", "MS_"},
    {"personality", "personality", "PER_"},
    {"personality", "personality", "ADDR_"},
    {"futex", "op", "FUTEX_"},
    {"madvise", "behavior", "MADV_"},
    {"ptrace", "request", "PTRACE_"},
    {"seccomp", "op", "SECCOMP_SET_"},
    {"setsockopt", "level", "SOL_"},
    {"getsockopt", "level", "SOL_"},
    {"", "which_clock", "CLOCK_"},
};

// Second names of others.
constexpr std::string_view kAliases[] = {"AF_FILE",   "AF_LOCAL", "AF_ROUTE",
                                         "O_ACCMODE", "O_NDELAY", "MAP_ANON",
                                         "AF_MAX"};

std::vector<std::string_view> PrefixesOf(const Syscall& call,
                                         const SyscallArgument& argument) {
  std::vector<std::string_view> prefixes;
  for (const Naming& naming : kNamings) {
    if (naming.argument == argument.name &&
        (naming.call.empty() || naming.call == call.name)) {
      prefixes.push_back(naming.prefix);
    }
  }
  return prefixes;
}

std::optional<std::string_view> NameOf(
    const std::vector<std::string_view>& prefixes, uint64_t value) {
  static const std::vector<std::string_view> kAll = resolve::AllConstants();
  for (const std::string_view prefix : prefixes) {
    for (const std::string_view name : kAll) {
      if (name.starts_with(prefix) &&
          std::ranges::find(kAliases, name) == std::end(kAliases) &&
          resolve::FindConstant(name) == value) {
        return name;
      }
    }
  }
  return std::nullopt;
}

std::string ValueText(uint64_t value) {
  return value < 10 ? std::to_string(value) : fmt::format("{:#x}", value);
}

std::string Named(const std::vector<std::string_view>& prefixes,
                  uint64_t value) {
  if (value == 0 || prefixes.empty()) return ValueText(value);
  if (const auto whole = NameOf(prefixes, value)) return std::string(*whole);
  // Flags: the highest bits that have names, as long as no name fits the rest.
  std::string text;
  uint64_t rest = value;
  for (int place = 63; place >= 0 && rest != 0; --place) {
    const uint64_t bit = uint64_t{1} << place;
    if ((rest & bit) == 0) continue;
    if (const auto whole = NameOf(prefixes, rest)) {
      text.insert(0, std::string(*whole) + (text.empty() ? "" : "|"));
      return text;
    }
    const auto name = NameOf(prefixes, bit);
    if (!name) continue;
    text.insert(0, std::string(*name) + (text.empty() ? "" : "|"));
    rest &= ~bit;
  }
  if (rest == 0) return text;
  return ValueText(rest) + (text.empty() ? "" : "|") + text;
}

std::string ArgumentText(const Syscall& call, const SyscallArgument& argument,
                         uint64_t value) {
  const std::vector<std::string_view> prefixes = PrefixesOf(call, argument);
  if (argument.width == model::Width::kFull64 || value >> 32 == 0) {
    return Named(prefixes, value);
  }
  return ValueText(value) + " /* the kernel reads " +
         Named(prefixes, value & UINT32_MAX) + " */";
}

}  // namespace

std::string CallName(uint32_t arch, uint32_t number) {
  const Syscall* call = resolve::FindSyscall(arch, number);
  if (call != nullptr) return std::string(call->name);
  if (arch == model::kArchX86_64 && (number & model::kX32Bit) != 0) {
    return fmt::format("call {:#x}", number);
  }
  return fmt::format("call {}", number);
}

std::string CallText(const evaluate::SeccompData& call) {
  const Syscall* known = resolve::FindSyscall(call.arch, call.nr);
  std::string text;
  for (size_t i = 0; i < call.args.size(); ++i) {
    if (known != nullptr && i >= known->arguments.size()) break;
    text += text.empty() ? "" : ", ";
    text += known != nullptr
                ? ArgumentText(*known, known->arguments[i], call.args[i])
                : ValueText(call.args[i]);
  }
  return CallName(call.arch, call.nr) + "(" + text + ")";
}

std::string ArchName(uint32_t arch) {
  constexpr uint32_t kI386 = 0x40000003;  // AUDIT_ARCH_I386
  if (arch == model::kArchX86_64) return "x86_64";
  if (arch == model::kArchAarch64) return "aarch64";
  if (arch == kI386) return "i386";
  return fmt::format("architecture {:#x}", arch);
}

std::string OutcomeText(prove::Outcome outcome) {
  if ((outcome.raw & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO) {
    const auto error = static_cast<uint16_t>(outcome.raw & SECCOMP_RET_DATA);
    if (error != 0) return resolve::ErrnoName(error);
    return "skipped as if it succeeded";
  }
  return prove::Text(outcome);
}

}  // namespace ringfence::cli
