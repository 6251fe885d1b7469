// The claim that a filter equals its source as one formula: every number,
// every architecture, nothing cut, nothing evaluated beforehand.
//
// It is slower than the Prover and shares nothing with it but the solver: a
// second encoding of the instructions and of the policy. The tests hold the
// Prover to it, and an auditor can put it to any solver.
#pragma once

#include <expected>
#include <span>
#include <string>

#include "bpf/program.h"
#include "model/seccomp.h"
#include "prove/subject.h"

namespace ringfence::prove {

// In SMT-LIB 2; unsat is the proof. `code` has passed bpf::Accepts.
[[nodiscard]] std::string WholeClaim(const model::SeccompPolicy& policy,
                                     std::span<const bpf::Instruction> code);

// Whether the claim holds.
[[nodiscard]] std::expected<bool, Undecided> HoldsAsAWhole(
    const model::SeccompPolicy& policy, std::span<const bpf::Instruction> code);

}  // namespace ringfence::prove
