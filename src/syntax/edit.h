// SetKey: changes one key of a document that people also edit.
//
//   auto text = SetKey(old_text, "accepts", "accepts: [public]");
//
// Pure. Everything else stays as it was written, comments too. It works by
// lines, so the caller parses the result and compares it with what it wanted.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ringfence::syntax {

// `text` with the line `line` in the place of top-level key `key` and its
// value, or at the end if there is no such key; an empty `line` removes it.
// nullopt: not a block mapping with each key at the start of a line.
[[nodiscard]] std::optional<std::string> SetKey(std::string_view text,
                                                std::string_view key,
                                                std::string_view line);

}  // namespace ringfence::syntax
