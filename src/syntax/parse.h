// Parse: YAML text -> Document.
//
//   Diagnostics diagnostics;
//   if (auto document = Parse(text, "storefront.yaml", diagnostics)) ...
//
// Pure. `file` is only a name for spans; "<command line>" is as good as a
// path. Nothing is returned when there is any error, and then `diagnostics`
// has gained every error of the text: a text that is not YAML yields the first
// place where it is not, a YAML document yields all its wrong keys and values.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "syntax/diagnostic.h"
#include "syntax/document.h"

namespace ringfence::syntax {

// Bounds on what is read at all. The deepest file of the language nests ten
// levels; no honest profile comes near the others.
inline constexpr size_t kMaxFileBytes = size_t{1} << 20;
inline constexpr size_t kMaxDepth = 32;
inline constexpr size_t kMaxNodes = 50'000;

[[nodiscard]] std::optional<Document> Parse(std::string_view text,
                                            std::string_view file,
                                            Diagnostics& diagnostics);

}  // namespace ringfence::syntax
