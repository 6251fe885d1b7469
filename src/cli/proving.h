// The proof that every compilation needs: its filters equal their source.
//
// Proved claims are remembered per user (certify/store.h), so a launch whose
// policy was compiled before does not pay for a solver. What is not there is
// proved by ringfence-prove, the only program that is linked with Z3.
#pragma once

#include <expected>
#include <string>

#include "bpf/program.h"
#include "bundle/bundle.h"
#include "model/seccomp.h"

namespace ringfence::cli {

// Exit codes of the commands that judge.
inline constexpr int kRefuted = 4;
inline constexpr int kUndecided = 5;

struct NotProved {
  int exit_code = kUndecided;
  std::string why;
};

// There is no way to skip it.
[[nodiscard]] std::expected<bundle::FilterProof, NotProved> ProveFilter(
    const model::SeccompPolicy& policy, const bpf::Program& program);

// The name under which ringfence-prove takes one obligation
// (certify/obligation.h) from standard input. Exit code 0: proved; 4: refuted,
// 5: undecided, with the reason on standard output.
inline constexpr char kObligation[] = "obligation";

}  // namespace ringfence::cli
