// UTF-8, as far as places in a text and safe printing need it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ringfence::syntax {

// One code point of a text. An invalid byte is a code point of its own with
// `valid` false and size 1.
struct CodePoint {
  uint32_t value = 0;
  size_t size = 1;  // bytes
  bool valid = false;
};

// The code point at byte `at` (< text.size()). Overlong forms, surrogates and
// values above U+10FFFF are invalid (RFC 3629).
[[nodiscard]] CodePoint CodePointAt(std::string_view text, size_t at);

[[nodiscard]] uint32_t CountCodePoints(std::string_view text);

// True for what can make printed text look different from what it is: C0, DEL,
// C1, line and paragraph separators, marks that change the direction, and the
// byte order mark. Also true for tab, carriage return and newline.
[[nodiscard]] bool Deceives(uint32_t code_point);

// The lines of `text` without their ends. A text that ends in a newline has no
// empty line behind it.
[[nodiscard]] std::vector<std::string_view> Lines(std::string_view text);

}  // namespace ringfence::syntax
