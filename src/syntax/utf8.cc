#include "syntax/utf8.h"

namespace ringfence::syntax {
namespace {

uint8_t ByteAt(std::string_view text, size_t at) {
  return at < text.size() ? static_cast<uint8_t>(text[at]) : 0;
}

}  // namespace

CodePoint CodePointAt(std::string_view text, size_t at) {
  const uint8_t first = ByteAt(text, at);
  if (first < 0x80) return {first, 1, true};
  size_t size = 0;
  uint32_t least = 0;
  uint32_t value = 0;
  if ((first & 0xE0) == 0xC0) {
    size = 2;
    least = 0x80;
    value = first & 0x1Fu;
  } else if ((first & 0xF0) == 0xE0) {
    size = 3;
    least = 0x800;
    value = first & 0x0Fu;
  } else if ((first & 0xF8) == 0xF0) {
    size = 4;
    least = 0x10000;
    value = first & 0x07u;
  } else {
    return {first, 1, false};
  }
  for (size_t i = 1; i < size; ++i) {
    const uint8_t next = ByteAt(text, at + i);
    if ((next & 0xC0) != 0x80) return {first, 1, false};
    value = value << 6 | (next & 0x3Fu);
  }
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < least || surrogate || value > 0x10FFFF) return {first, 1, false};
  return {value, size, true};
}

uint32_t CountCodePoints(std::string_view text) {
  uint32_t count = 0;
  for (size_t at = 0; at < text.size(); at += CodePointAt(text, at).size) {
    ++count;
  }
  return count;
}

bool Deceives(uint32_t code_point) {
  return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0) ||
         code_point == 0x061C || code_point == 0x200E || code_point == 0x200F ||
         (code_point >= 0x2028 && code_point <= 0x202E) ||
         (code_point >= 0x2066 && code_point <= 0x2069) || code_point == 0xFEFF;
}

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
  }
  return lines;
}

}  // namespace ringfence::syntax
