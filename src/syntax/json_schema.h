// The language as JSON Schema (draft 7), for editors.
//
//   # yaml-language-server: $schema=/usr/share/ringfence/schemas/...
//
// Made from the same tables that the parser checks a file against, so the two
// cannot part. What a schema cannot say (a key given twice, an anchor, a number
// too large for its unit) only the parser finds.
#pragma once

#include <string>

#include "syntax/schema.h"

namespace ringfence::syntax {

[[nodiscard]] std::string JsonSchema(const KindSchema& kind);

}  // namespace ringfence::syntax
