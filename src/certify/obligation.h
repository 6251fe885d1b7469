// Obligation: the claim that a filter equals its source, as bytes.
//
//   const std::string bytes = Encode(policy, program.code());
//   const Proof claim = ClaimOf(policy, program.code());
//
// The bytes go to whoever proves the claim, and their digests name it: in the
// cache, and in the bundle that carries the filter. Names and lines are left
// out, so a cosmetic edit of a profile is the same claim.
//
// Integers are little-endian. A source is its architecture, what it answers to
// unlisted calls, and its calls by number: number, both answers, condition. A
// condition is its kind, and then a test or its parts with their count first.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/program.h"
#include "bundle/bundle.h"
#include "model/seccomp.h"

namespace ringfence::certify {

struct Obligation {
  model::SeccompPolicy source;
  std::vector<bpf::Instruction> program;
};

[[nodiscard]] std::string Encode(const model::SeccompPolicy& source,
                                 std::span<const bpf::Instruction> program);

// Nothing: `bytes` is no obligation.
[[nodiscard]] std::optional<Obligation> Decode(std::string_view bytes);

// The digests of both sides of the claim.
[[nodiscard]] bundle::FilterProof ClaimOf(
    const model::SeccompPolicy& source,
    std::span<const bpf::Instruction> program);

}  // namespace ringfence::certify
