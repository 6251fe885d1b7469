// Simplify: a graph over arguments without the tests that others decide.
//
//   any of: {family == 1 && type == 1, family == 1 && type == 2}
//
// tests the family a second time where the first type is not found, and the
// answer is known there. What comes back gives the same answer for every call
// and tests no more on any way.
#pragma once

#include "compile/graph.h"

namespace ringfence::compile {

// `root` begins with a load or is a return. Where knowing more on each way
// would make the program longer, it comes back as it is.
[[nodiscard]] Graph::Id Simplify(Graph& graph, Graph::Id root);

}  // namespace ringfence::compile
