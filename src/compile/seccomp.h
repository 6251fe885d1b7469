// The seccomp backend: SeccompPolicy -> BPF program.
//
//   auto program = compile::CompileSeccomp(policy);
//   if (!program) return Report(program.error());
//   auto confirmed = evaluate::Confirm(policy, *std::move(program));
//
// The program compares the architecture first. Then a balanced tree finds the
// range of equal verdicts a number is in (dispatch.h); arguments are loaded
// only inside the branch of a call that tests them, so the kernel (5.11 and
// newer) sees that a plain allow is constant and caches it. A 32-bit argument
// is tested on its low word only, and no argument for what is known from an
// earlier test (simplify.h). x32 numbers are killed.
//
// It does not judge itself: evaluate::Confirm compares what it returns with
// model::Meaning, and only what was confirmed can be packed.
#pragma once

#include <expected>

#include "bpf/program.h"
#include "compile/error.h"
#include "model/seccomp.h"

namespace ringfence::compile {

// Equal input gives equal bytes. The error is a policy too big for one program
// (bpf::kMaxInstructions), at the call with the largest condition. A policy
// that breaks the rules of model/seccomp.h fails a Check. [pure]
[[nodiscard]] std::expected<bpf::Program, CompileError> CompileSeccomp(
    const model::SeccompPolicy& policy);

}  // namespace ringfence::compile
