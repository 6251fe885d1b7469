// Evaluate: runs a BPF program as the kernel does.
//
//   auto raw = Evaluate(program.code(), {.nr = 41, .arch = program.arch(),
//                                        .args = {AF_UNIX, SOCK_STREAM, 0}});
//   if (raw) ToAnswer(*raw);   // kAllow
//
// It takes every instruction that seccomp takes, so it also runs imported
// filters. It is the oracle that our own emitter is held to, and shares nothing
// with it but the instruction type.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>

#include "bpf/program.h"
#include "model/seccomp.h"

namespace ringfence::evaluate {

// struct seccomp_data of <linux/seccomp.h>.
struct SeccompData {
  uint32_t nr = 0;
  uint32_t arch = 0;
  uint64_t instruction_pointer = 0;
  std::array<uint64_t, 6> args{};
};

// The 32-bit value that the program returns, SECCOMP_RET_* with its data. The
// error is the instruction at which it does what no accepted program does: an
// unknown instruction, a jump or a load out of range, an end without a return.
// [pure]
[[nodiscard]] std::expected<uint32_t, bpf::Malformed> Evaluate(
    std::span<const bpf::Instruction> code, const SeccompData& data);

[[nodiscard]] SeccompData ToData(const model::Call& call);

// What a returned value means. A notification carries no errno: it is
// {kExplain, 0} here. The data of TRAP and LOG changes nothing that the caller
// could rely on and is left out. Nothing for an action that no kernel has; it
// kills the process.
[[nodiscard]] std::optional<model::Answer> ToAnswer(uint32_t raw);

// True if `raw` is exactly what a program for `answer` returns. The errno of
// kExplain is not in the program: the supervisor knows it.
[[nodiscard]] bool Gives(uint32_t raw, const model::Answer& answer);

}  // namespace ringfence::evaluate
