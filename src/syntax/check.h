// CheckAgainst: whether a YAML tree is what its schema says.
#pragma once

#include "syntax/diagnostic.h"
#include "syntax/node.h"
#include "syntax/schema.h"

namespace ringfence::syntax {

// The schema of a document by its `kind`; null with a diagnostic if there is
// none.
[[nodiscard]] const KindSchema* FindKind(const Node& root,
                                         Diagnostics& diagnostics);

// Adds every error of `node` against `type`: unknown and missing keys, wrong
// types, values outside what the type takes.
void CheckAgainst(const Type& type, const Node& node, Diagnostics& diagnostics);

}  // namespace ringfence::syntax
