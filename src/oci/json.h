// ReadJson: text -> syntax::Node, with the place of every value.
//
//   auto tree = ReadJson(text, "profile.json", diagnostics);
//
// The tree is the one that src/syntax makes of YAML, so that what checks and
// renders the one also checks and renders the other. A key that is there twice
// is an error: parsers differ in which of the two they keep. A null is left
// out, as if its key were not there (Go's decoder reads it so).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "syntax/diagnostic.h"
#include "syntax/node.h"

namespace ringfence::oci {

// Nothing, with a diagnostic, for what is not one JSON text, and above
// syntax::kMaxFileBytes, kMaxDepth and kMaxNodes. [pure]
[[nodiscard]] std::optional<syntax::Node> ReadJson(
    std::string_view text, std::string_view file,
    syntax::Diagnostics& diagnostics);

}  // namespace ringfence::oci
