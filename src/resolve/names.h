// Names of system calls over all architectures, and small things that every
// file of resolve needs.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "model/seccomp.h"
#include "model/source.h"
#include "syntax/diagnostic.h"

namespace ringfence::resolve {

// Every policy is resolved for each of these.
inline constexpr std::array<uint32_t, 2> kArchitectures{model::kArchX86_64,
                                                        model::kArchAarch64};

// True if some architecture has the call.
[[nodiscard]] bool IsSyscall(std::string_view name);

// "did you mean `openat`?", or "".
[[nodiscard]] std::string SuggestSyscall(std::string_view name);

[[nodiscard]] model::Source ToSource(const syntax::Span& span);

[[nodiscard]] std::string Quote(std::string_view text);

}  // namespace ringfence::resolve
