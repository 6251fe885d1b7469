#include "syntax/characters.h"

#include <set>

#include "syntax/parse.h"
#include "syntax/utf8.h"

namespace ringfence::syntax {
namespace {

std::string CodePointName(uint32_t value) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string hex;
  for (int shift = 12; shift >= 0; shift -= 4) {
    hex += kDigits[value >> shift & 0xF];
  }
  return "U+" + hex;
}

}  // namespace

bool CheckCharacters(std::string_view text, std::string_view file,
                     Diagnostics& diagnostics) {
  Span span{std::string(file), 0, 0, 1};
  if (text.size() > kMaxFileBytes) {
    diagnostics.Add({Code::kFileTooLarge,
                     "the file is larger than 1 MiB",
                     span,
                     "",
                     {},
                     "is this the right file?"});
    return false;
  }
  std::set<Code> seen;
  const auto report = [&](Code code, std::string message, std::string help) {
    if (!seen.insert(code).second) return;
    diagnostics.Add(
        {code, std::move(message), span, "here", {}, std::move(help)});
  };
  span.line = 1;
  for (size_t at = 0; at < text.size();) {
    ++span.column;
    const CodePoint point = CodePointAt(text, at);
    const bool line_end =
        point.value == '\r' && text.substr(at).starts_with("\r\n");
    at += point.size;
    if (!point.valid) {
      report(Code::kInvalidUtf8, "the text is not valid UTF-8",
             "save the file as UTF-8");
    } else if (point.value == '\n') {
      ++span.line;
      span.column = 0;
    } else if (point.value == 0) {
      report(Code::kNulByte, "the text contains a NUL byte",
             "is this a text file?");
    } else if (Deceives(point.value) && point.value != '\t' && !line_end) {
      report(Code::kControlCharacter,
             "the text contains the control character " +
                 CodePointName(point.value),
             "remove it");
    }
  }
  return seen.empty();
}

}  // namespace ringfence::syntax
