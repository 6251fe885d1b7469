// ParseCall: `socket(AF_VSOCK, SOCK_STREAM, 0)` -> model::Call.
//
//   auto call = ParseCall("socket(AF_VSOCK, 1|SOCK_CLOEXEC, 0)",
//                         model::kArchX86_64);
//   if (!call) Print(call.error().message);
//
// An argument is a number (10, -1, 0x1f), a constant (constants.h), or several
// of them joined by `|`. Up to six; omitted ones are 0. A negative number is
// sign-extended to 64 bits, as a C caller passes it. The call may also be a
// number, for calls without a name: `1000(0)`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "model/seccomp.h"
#include "syntax/codes.h"
#include "syntax/diagnostic.h"
#include "syntax/document.h"

namespace ringfence::resolve {

struct CallError {
  syntax::Code code = syntax::Code::kBadCall;
  std::string message;
  size_t at = 0;      // bytes into the text
  size_t length = 1;  // bytes
  std::string help;   // may be empty
};

[[nodiscard]] std::expected<model::Call, CallError> ParseCall(
    std::string_view text, uint32_t arch);

// True when the call's name exists on `arch`. A text that does not parse as
// far as its name exists nowhere.
[[nodiscard]] bool CallExists(std::string_view text, uint32_t arch);

// The call that a file writes, once for every architecture that has it. What
// is wrong with it is a diagnostic.
[[nodiscard]] std::vector<model::Call> ResolveCalls(
    const syntax::Text& text, syntax::Diagnostics& diagnostics);

// The value of `text`, one number or constant, as 64 bits.
struct Value {
  uint64_t bits = 0;
  bool negative = false;  // it was written with a minus sign
};
[[nodiscard]] std::expected<Value, CallError> ParseValue(std::string_view text);

}  // namespace ringfence::resolve
