#include "cli/call_text.h"

#include <fmt/format.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "resolve/argument_words.h"
#include "resolve/constants.h"
#include "resolve/syscall_table.h"

namespace ringfence::cli {
namespace {

using resolve::Syscall;
using resolve::SyscallArgument;

std::string ValueText(uint64_t value) {
  return value < 10 ? std::to_string(value) : fmt::format("{:#x}", value);
}

// The whole value where it has a name, else its fields and flags that have one
// and the number of what is left.
std::string Named(const std::vector<model::Word>& words, uint64_t value) {
  if (value == 0 || words.empty()) return ValueText(value);
  std::string text;
  uint64_t rest = value;
  for (const model::Word& word : words) {
    if (word.value == 0 || (value & word.mask) != word.value) continue;
    if ((rest & word.value) != word.value) continue;
    text += (text.empty() ? "" : "|") + word.name;
    rest &= ~word.value;
  }
  if (rest == 0) return text;
  return ValueText(rest) + (text.empty() ? "" : "|") + text;
}

// The names that hold for this argument of this very call.
std::vector<model::Word> WordsOf(const Syscall& call,
                                 const SyscallArgument& argument,
                                 const std::array<uint64_t, 6>& args) {
  for (resolve::Vocabulary& vocabulary :
       resolve::VocabulariesOf(call, argument)) {
    if (vocabulary.given.empty()) return std::move(vocabulary.words);
    const auto given = std::ranges::find(call.arguments, vocabulary.given,
                                         &SyscallArgument::name);
    if (given == call.arguments.end()) continue;
    const auto position = static_cast<size_t>(given - call.arguments.begin());
    const uint64_t read = given->width == model::Width::kLow32
                              ? args[position] & UINT32_MAX
                              : args[position];
    if (read == vocabulary.equals) return std::move(vocabulary.words);
  }
  return {};
}

std::string ArgumentText(const Syscall& call, size_t position,
                         const std::array<uint64_t, 6>& args) {
  const SyscallArgument& argument = call.arguments[position];
  const uint64_t value = args[position];
  const std::vector<model::Word> words = WordsOf(call, argument, args);
  if (argument.width == model::Width::kFull64 || value >> 32 == 0) {
    return Named(words, value);
  }
  return ValueText(value) + " /* the kernel reads " +
         Named(words, value & UINT32_MAX) + " */";
}

}  // namespace

ArgumentWords ArgumentText(uint32_t arch, uint32_t number, size_t position,
                           uint64_t value) {
  const Syscall* call = resolve::FindSyscall(arch, number);
  if (call == nullptr || position >= call->arguments.size()) {
    return {fmt::format("argument {}", position + 1), ValueText(value)};
  }
  const SyscallArgument& argument = call->arguments[position];
  return {std::string(argument.name),
          Named(WordsOf(*call, argument, {}), value)};
}

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
    text += known != nullptr ? ArgumentText(*known, i, call.args)
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
