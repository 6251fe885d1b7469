// A system call as people write it: `socket(AF_VSOCK, SOCK_STREAM, 0)`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "evaluate/evaluate.h"
#include "prove/outcome.h"

namespace ringfence::cli {

// Constants by name where the argument has names. An argument whose upper half
// the kernel does not read is followed by what it does read:
// `socket(0x100000026 /* the kernel reads AF_ALG */, 0, 0)`. A call that its
// architecture does not have is `call 4000(0, 0, 0, 0, 0, 0)`.
[[nodiscard]] std::string CallText(const evaluate::SeccompData& call);

// One argument by name, and a value of it: {"flags", "MSG_FASTOPEN"}. Constants
// that depend on another argument stay numbers.
struct ArgumentWords {
  std::string name;
  std::string value;
};
[[nodiscard]] ArgumentWords ArgumentText(uint32_t arch, uint32_t number,
                                         size_t position, uint64_t value);

// The call's name, or "call 4000".
[[nodiscard]] std::string CallName(uint32_t arch, uint32_t number);

// "x86_64", "aarch64", "i386", else the number.
[[nodiscard]] std::string ArchName(uint32_t arch);

// "allowed", "EPERM", "killed", ...
[[nodiscard]] std::string OutcomeText(prove::Outcome outcome);

}  // namespace ringfence::cli
