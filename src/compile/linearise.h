// Linearise: gives the nodes of a Graph their addresses.
//
// Instructions are written from the last to the first, so every jump goes
// forward to a place that is already known. A conditional jump reaches 255
// instructions (its offset is one byte): farther targets get a nearer copy if
// they are a return, else a long jump.
#pragma once

#include <optional>
#include <vector>

#include "bpf/program.h"
#include "compile/graph.h"

namespace ringfence::compile {

// Nothing if the program would be longer than bpf::kMaxInstructions. [pure]
[[nodiscard]] std::optional<std::vector<bpf::Instruction>> Linearise(
    const Graph& graph, Graph::Id root);

}  // namespace ringfence::compile
