// Any text: Parse gives a document or errors, every error lies in the text,
// and what is shown of it cannot steer a terminal.
#include <algorithm>
#include <string>
#include <string_view>

#include "base/check.h"
#include "input.h"
#include "syntax/parse.h"
#include "syntax/render.h"

namespace {

using ringfence::Check;
namespace syntax = ringfence::syntax;

constexpr std::string_view kFile = "fuzz.yaml";

void CheckSpan(const syntax::Span& span, size_t lines) {
  Check(span.file.empty() || span.file == kFile, "a span in another file");
  Check(span.line <= lines, "a span behind the last line");
  Check(span.line == 0 || span.column >= 1, "a span without a column");
}

void CheckShown(std::string_view shown) {
  for (const char c : shown) {
    const auto byte = static_cast<unsigned char>(c);
    Check(byte == '\n' || (byte >= 0x20 && byte != 0x7F),
          "a control character was printed");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(data, data + size);
  syntax::Diagnostics diagnostics;
  const auto document = syntax::Parse(text, kFile, diagnostics);
  Check(document.has_value() == diagnostics.empty(),
        "neither a document nor an error, or both");

  // A carriage return may count as a line end, so it widens the bound.
  const auto ends = std::ranges::count_if(
      text, [](char c) { return c == '\n' || c == '\r'; });
  for (const syntax::Diagnostic& one : diagnostics.all()) {
    CheckSpan(one.span, static_cast<size_t>(ends) + 1);
    for (const syntax::Note& note : one.notes) {
      CheckSpan(note.span, static_cast<size_t>(ends) + 1);
    }
  }
  const syntax::Sources sources = {{std::string(kFile), text}};
  CheckShown(syntax::Render(diagnostics, sources, syntax::Colour::kOff));

  syntax::Diagnostics again;
  Check(syntax::Parse(text, kFile, again) == document,
        "the same text gives another document");
  return 0;
}
