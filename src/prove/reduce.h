// Partial evaluation: a program or a policy, with number and architecture
// known to lie in a box -> a decision over arguments.
//
// A program is followed instruction by instruction as
// Documentation/networking/filter.rst and kernel/seccomp.c define them. What
// it compares the number or the architecture with, a constant, is where it
// must be cut; in a box that needs no more cuts it treats all numbers alike.
// Where it branches on an argument, both ways are followed; states that meet
// again are one.
#pragma once

#include <expected>
#include <span>
#include <vector>

#include "bpf/program.h"
#include "model/seccomp.h"
#include "prove/decisions.h"
#include "prove/subject.h"

namespace ringfence::prove {

// `code` has passed bpf::Accepts. `reached` gets a mark for every instruction
// that is followed; those behind a branch on arguments count, whatever the
// branch.
[[nodiscard]] std::expected<NodeId, Stop> ReduceProgram(
    Decisions& all, std::span<const bpf::Instruction> code, const Box& box,
    std::vector<bool>* reached = nullptr);

// Cut at every number the policy lists.
[[nodiscard]] std::expected<NodeId, Stop> ReducePolicy(
    Decisions& all, const model::SeccompPolicy& policy, Reading reading,
    const Interval& number);

}  // namespace ringfence::prove
