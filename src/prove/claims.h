// The claims that Ringfence proves about filters and policies.
//
//   Prover prover;
//   const Judgement j = ProveFilter(prover, policy, program.code());
//   if (std::holds_alternative<Proved>(j)) ...
//
// A claim is proved for every call, refuted by a call that was replayed on the
// evaluator, or undecided, which is a failure like any other.
#pragma once

#include <span>
#include <variant>
#include <vector>

#include "bpf/program.h"
#include "model/seccomp.h"
#include "prove/prover.h"

namespace ringfence::prove {

struct Proved {};
using Judgement = std::variant<Proved, Difference, Undecided>;

// `code` returns what `policy` says, for every call.
[[nodiscard]] Judgement ProveFilter(Prover& prover,
                                    const model::SeccompPolicy& policy,
                                    std::span<const bpf::Instruction> code);

// The caller sees nowhere a weaker answer from `inner` than from `outer`.
// `explain` and `quiet` with an errno equal a denial with that errno.
[[nodiscard]] Judgement ProveInside(
    Prover& prover, const std::vector<model::SeccompPolicy>& inner,
    const std::vector<model::SeccompPolicy>& outer);

// No call with this number is made while `when` holds.
[[nodiscard]] Judgement ProveNever(Prover& prover,
                                   const model::SeccompPolicy& policy,
                                   uint32_t number,
                                   const model::Condition& when);

}  // namespace ringfence::prove
