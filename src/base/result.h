// Result: a value or the system call that failed.
//
//   Result<UniqueFd> OpenLog(const char* path) {
//     RF_ASSIGN(UniqueFd fd, sys::Open(path, O_RDONLY));
//     RF_TRY(sys::Lock(fd.get()));
//     return fd;
//   }
//
// Three kinds of error exist in Ringfence, and they are never mixed: a
// Diagnostic (src/syntax) is the user's text, a SysError is a refusal of the
// kernel, and a failed Check is our own bug.
#pragma once

#include <expected>
#include <type_traits>

namespace ringfence {

// The system call `call` (a string literal) failed with errno `err` (> 0).
// Trivially copyable and free of allocation: it crosses a pipe from the child.
struct SysError {
  const char* call = "";
  int err = 0;
};
static_assert(std::is_trivially_copyable_v<SysError>);

template <typename T>
using Result = std::expected<T, SysError>;

}  // namespace ringfence

// Statement macros, not expressions: with a GNU statement expression a
// half-built aggregate would never be destroyed, and a descriptor would leak.
#define RF_CONCAT_INNER(a, b) a##b
#define RF_CONCAT(a, b) RF_CONCAT_INNER(a, b)

#define RF_TRY(expression)                                  \
  do {                                                      \
    if (auto rf_result = (expression); !rf_result) {        \
      return std::unexpected(std::move(rf_result).error()); \
    }                                                       \
  } while (false)

#define RF_ASSIGN(declaration, expression) \
  RF_ASSIGN_INNER(declaration, expression, RF_CONCAT(rf_result_, __LINE__))
#define RF_ASSIGN_INNER(declaration, expression, name)        \
  auto name = (expression);                                   \
  if (!name) return std::unexpected(std::move(name).error()); \
  declaration = std::move(*name)
