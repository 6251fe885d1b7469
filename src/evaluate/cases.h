// ForEachCase: every way a program and a policy can treat one call number.
//
//   CaseLimits limits;
//   auto all = ForEachCase(
//       program.code(), arch, 41, socket_policy.clauses, limits,
//       [&](const model::Call& call) { return Judge(call); });
//
// A program looks at an argument only through tests of 32-bit words, and so
// does a clause. The walk follows both, splits at each test that can come
// out both ways, and visits one call of every combination that some argument
// values reach. All other argument values are treated as one of the visited
// calls, by the program and by the clauses, so checking the visited ones
// checks all 2^384.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <span>

#include "bpf/program.h"
#include "model/seccomp.h"

namespace ringfence::evaluate {

// What is left of the work one comparison may take.
struct CaseLimits {
  size_t cases = size_t{1} << 18;
  size_t steps = size_t{1} << 26;
};

// Visits until `visit` returns false. The error is the instruction that the
// walk cannot follow (anything but: loads of nr, arch and arguments; AND with a
// constant on an argument; jumps that compare with a constant; return of a
// constant), or a limit that was reached; never a silent cut. [pure]
[[nodiscard]] std::expected<void, bpf::Malformed> ForEachCase(
    std::span<const bpf::Instruction> code, uint32_t arch, uint32_t number,
    std::span<const model::Clause> clauses, CaseLimits& limits,
    const std::function<bool(const model::Call&)>& visit);

}  // namespace ringfence::evaluate
