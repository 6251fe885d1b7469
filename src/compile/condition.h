// Conditions over arguments as nodes of a Graph.
#pragma once

#include <cstddef>

#include "compile/graph.h"
#include "model/seccomp.h"

namespace ringfence::compile {

// The node that leads to `yes` where `condition` holds and to `no` elsewhere,
// whatever word is loaded before. Tests are made in the order written, but for
// long lists of values of one argument, which are found by a tree.
[[nodiscard]] Graph::Id AddCondition(Graph& graph,
                                     const model::Condition& condition,
                                     Graph::Id yes, Graph::Id no);

// How many tests it has.
[[nodiscard]] size_t CountTests(const model::Condition& condition);

}  // namespace ringfence::compile
