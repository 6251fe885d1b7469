// Render: diagnostics and the texts they point into, as lines for people.
//
//   error[RF0203]: unknown key `extend`
//    --> public.yaml:3:1
//     |
//   3 | extend: internal
//     | ^^^^^^ not a key of a TrustLevel
//     |
//     = help: did you mean `extends`?
//
// Pure. Whatever came from the user is escaped: no byte of a profile can move
// a cursor or change a colour.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "syntax/diagnostic.h"

namespace ringfence::syntax {

// The text of each file by the name that spans use. A file that is missing
// here is rendered without its source line.
using Sources = std::map<std::string, std::string, std::less<>>;

enum class Colour : uint8_t { kOff, kOn };

[[nodiscard]] std::string Render(const Diagnostic& diagnostic,
                                 const Sources& sources, Colour colour);
// With another first word than "error" or "warning".
[[nodiscard]] std::string RenderAs(std::string_view severity,
                                   const Diagnostic& diagnostic,
                                   const Sources& sources, Colour colour);

// All of them, an empty line between two, and a last line with their number.
// Empty for no diagnostics.
[[nodiscard]] std::string Render(const Diagnostics& diagnostics,
                                 const Sources& sources, Colour colour);

// `text` with control characters (C0, DEL, C1, bidirectional overrides, line
// separators) and invalid UTF-8 written as \x1b or \u202e; a tab becomes one
// space.
[[nodiscard]] std::string Escape(std::string_view text);

}  // namespace ringfence::syntax
