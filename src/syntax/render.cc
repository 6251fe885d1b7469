#include "syntax/render.h"

#include <algorithm>

#include "syntax/utf8.h"

namespace ringfence::syntax {
namespace {

// A source line is shown in a window of this many code points, so that a file
// of one long line does not flood the terminal.
constexpr uint32_t kWindow = 100;
constexpr uint32_t kBeforeCaret = 60;

class Painter {
 public:
  explicit Painter(Colour colour) : on_(colour == Colour::kOn) {}
  [[nodiscard]] std::string Red(std::string text) const {
    return Paint("\x1b[1;31m", std::move(text));
  }
  [[nodiscard]] std::string Blue(std::string text) const {
    return Paint("\x1b[1;34m", std::move(text));
  }
  [[nodiscard]] std::string Bold(std::string text) const {
    return Paint("\x1b[1m", std::move(text));
  }

 private:
  [[nodiscard]] std::string Paint(const char* start, std::string text) const {
    return on_ ? start + std::move(text) + "\x1b[0m" : text;
  }
  bool on_;
};

void AppendHex(std::string& out, uint32_t value, int digits) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (int i = digits - 1; i >= 0; --i) {
    out += kDigits[value >> (4 * i) & 0xF];
  }
}

uint32_t LineNumberWidth(const Diagnostic& diagnostic) {
  uint32_t last = diagnostic.span.line;
  for (const Note& note : diagnostic.notes) {
    last = std::max(last, note.span.line);
  }
  return static_cast<uint32_t>(std::to_string(last).size());
}

// The part of a line that is shown, escaped, and where its carets stand.
struct Window {
  std::string text;
  size_t caret = 0;  // columns of `text` before the first caret
  size_t length = 1;
};

Window Cut(std::string_view line, const Span& span) {
  const uint32_t target = std::max(span.column, 1u) - 1;
  const uint32_t first = target > kBeforeCaret ? target - kBeforeCaret : 0;
  std::string before = first > 0 ? "..." : "";
  std::string marked;
  std::string after;
  uint32_t index = 0;
  for (size_t at = 0; at < line.size(); ++index) {
    const size_t size = CodePointAt(line, at).size;
    const std::string shown = Escape(line.substr(at, size));
    at += size;
    if (index < first) continue;
    if (index >= first + kWindow) {
      after += "...";
      break;
    }
    if (index < target) {
      before += shown;
    } else if (index - target < span.length) {
      marked += shown;
    } else {
      after += shown;
    }
  }
  const size_t caret = CountCodePoints(before);
  const size_t length = std::max<size_t>(CountCodePoints(marked), 1);
  return {before + marked + after, caret, length};
}

class Writer {
 public:
  Writer(const Sources& sources, Colour colour, size_t width)
      : sources_(sources), paint_(colour), width_(width) {}

  void Title(std::string_view severity, const Diagnostic& diagnostic) {
    out_ +=
        paint_.Red(std::string(severity) + "[" + Id(diagnostic.code) + "]") +
        paint_.Bold(": " + Escape(diagnostic.message)) + "\n";
  }

  // "--> file:line:column", the line, and carets with a label under it.
  void Place(const Span& span, const std::string& label, bool primary) {
    if (span.file.empty() && span.line == 0) return;
    out_ += std::string(width_, ' ') + paint_.Blue("--> ") + Escape(span.file);
    if (span.line == 0) {
      out_ += "\n";
      return;
    }
    out_ += ":" + std::to_string(span.line) + ":" +
            std::to_string(span.column) + "\n";
    const auto source = sources_.find(span.file);
    if (source == sources_.end()) return;
    const std::vector<std::string_view> lines = Lines(source->second);
    if (span.line > lines.size() + 1) return;
    const std::string_view line =
        span.line <= lines.size() ? lines[span.line - 1] : std::string_view();
    const Window window = Cut(line, span);
    Gutter("");
    out_ += "\n";
    Gutter(std::to_string(span.line));
    out_ += (window.text.empty() ? "" : " ") + window.text + "\n";
    Gutter("");
    std::string carets(window.length, '^');
    if (!label.empty()) carets += " " + Escape(label);
    out_ += " " + std::string(window.caret, ' ');
    out_ += (primary ? paint_.Red(carets) : paint_.Blue(carets)) + "\n";
  }

  void Remark(const std::string& kind, const std::string& message) {
    Gutter("", '=');
    out_ += " " + paint_.Bold(kind) + ": " + Escape(message) + "\n";
  }

  void AddNote(const Note& note) {
    if (note.span.file.empty() && note.span.line == 0) {
      Remark("note", note.message);
      return;
    }
    out_ += paint_.Bold("note") + ": " + Escape(note.message) + "\n";
    Place(note.span, "", false);
  }

  void EmptyGutter() {
    Gutter("");
    out_ += "\n";
  }

  [[nodiscard]] std::string Take() { return std::move(out_); }

 private:
  void Gutter(const std::string& number, char bar = '|') {
    out_ += paint_.Blue(number + std::string(width_ - number.size(), ' ') +
                        " " + bar);
  }

  const Sources& sources_;
  Painter paint_;
  size_t width_;
  std::string out_;
};

}  // namespace

std::string Escape(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = CodePointAt(text, at);
    if (point.value == '\t' && point.valid) {
      out += ' ';
    } else if (!point.valid || (Deceives(point.value) && point.value < 0x100)) {
      out += "\\x";
      AppendHex(out, point.value, 2);
    } else if (Deceives(point.value)) {
      out += "\\u";
      AppendHex(out, point.value, 4);
    } else {
      out += text.substr(at, point.size);
    }
    at += point.size;
  }
  return out;
}

std::string Render(const Diagnostic& diagnostic, const Sources& sources,
                   Colour colour) {
  return RenderAs(IsWarning(diagnostic.code) ? "warning" : "error", diagnostic,
                  sources, colour);
}

std::string RenderAs(std::string_view severity, const Diagnostic& diagnostic,
                     const Sources& sources, Colour colour) {
  Writer writer(sources, colour, LineNumberWidth(diagnostic));
  writer.Title(severity, diagnostic);
  writer.Place(diagnostic.span, diagnostic.label, true);
  for (const Note& note : diagnostic.notes) writer.AddNote(note);
  if (!diagnostic.help.empty()) {
    if (diagnostic.span.line > 0) writer.EmptyGutter();
    writer.Remark("help", diagnostic.help);
  }
  return writer.Take();
}

std::string Render(const Diagnostics& diagnostics, const Sources& sources,
                   Colour colour) {
  if (diagnostics.empty()) return "";
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    out += Render(diagnostic, sources, colour) + "\n";
  }
  const auto count = [&](bool warnings) {
    return std::ranges::count_if(diagnostics.all(), [&](const auto& each) {
      return IsWarning(each.code) == warnings;
    });
  };
  const auto line = [&](ptrdiff_t number, std::string_view what) {
    if (number == 0) return std::string();
    return std::to_string(number) + std::string(what) +
           (number == 1 ? "\n" : "s\n");
  };
  return out + line(count(false), " error") + line(count(true), " warning");
}

}  // namespace ringfence::syntax
