#include "resolve/call.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>

#include "resolve/constants.h"
#include "resolve/names.h"
#include "resolve/syscall_table.h"
#include "syntax/suggest.h"

namespace ringfence::resolve {
namespace {

using syntax::Code;
using syntax::Span;
using syntax::Text;

constexpr std::string_view kBlanks = " \t";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The value of a hexadecimal or decimal digit; 16 for anything else.
unsigned DigitValue(char c) {
  if (IsDigit(c)) return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return 16;
}

// Digits of `base` as 64 bits; nothing if there are none, others, or too many.
std::optional<uint64_t> Digits(std::string_view text, unsigned base) {
  if (text.empty()) return std::nullopt;
  uint64_t value = 0;
  for (const char c : text) {
    const unsigned digit = DigitValue(c);
    if (digit >= base) return std::nullopt;
    if (value > (std::numeric_limits<uint64_t>::max() - digit) / base) {
      return std::nullopt;
    }
    value = value * base + digit;
  }
  return value;
}

// A piece of the text and where it begins.
struct Piece {
  std::string_view text;
  size_t at = 0;
};

Piece Trim(Piece piece) {
  const size_t first = piece.text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) {
    return {"", piece.at + piece.text.size()};
  }
  const size_t last = piece.text.find_last_not_of(kBlanks);
  return {piece.text.substr(first, last - first + 1), piece.at + first};
}

std::vector<Piece> Split(Piece piece, char separator) {
  std::vector<Piece> out;
  while (true) {
    const size_t end = piece.text.find(separator);
    out.push_back(Trim({piece.text.substr(0, end), piece.at}));
    if (end == std::string_view::npos) return out;
    piece.text.remove_prefix(end + 1);
    piece.at += end + 1;
  }
}

std::unexpected<CallError> Fail(const Piece& piece, Code code,
                                std::string message, std::string help = "") {
  return std::unexpected(CallError{code, std::move(message), piece.at,
                                   std::max<size_t>(piece.text.size(), 1),
                                   std::move(help)});
}

// The name of the call and what stands between its parentheses.
struct Shape {
  Piece name;
  Piece arguments;
};

std::expected<Shape, CallError> Cut(std::string_view text) {
  const Piece whole = Trim({text, 0});
  const size_t open = whole.text.find('(');
  if (open == std::string_view::npos || !whole.text.ends_with(')')) {
    return Fail(whole, Code::kBadCall,
                "`" + std::string(text) + "` is not a call",
                "write it like socket(AF_INET, SOCK_STREAM, 0)");
  }
  const Piece name = Trim({whole.text.substr(0, open), whole.at});
  const Piece arguments{
      whole.text.substr(open + 1, whole.text.size() - open - 2),
      whole.at + open + 1};
  if (name.text.empty()) {
    return Fail(whole, Code::kBadCall, "the call has no name");
  }
  return Shape{name, arguments};
}

// The part of a scalar from byte `at` on; all of it where the text in the file
// is not the value byte by byte (escapes, folded lines).
Span Within(const Text& text, size_t at, size_t length) {
  Span span = text.span;
  const size_t quotes =
      span.length - std::min<size_t>(span.length, text.value.size());
  if (span.length < text.value.size() || (quotes != 0 && quotes != 2)) {
    return span;
  }
  span.column += static_cast<uint32_t>(at + quotes / 2);
  span.length = static_cast<uint32_t>(length);
  return span;
}

}  // namespace

std::expected<Value, CallError> ParseValue(std::string_view text) {
  const Piece piece = Trim({text, 0});
  std::string_view digits = piece.text;
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  if (!digits.empty() && IsDigit(digits.front())) {
    const bool hex = digits.starts_with("0x") || digits.starts_with("0X");
    if (!hex && digits.size() > 1 && digits.front() == '0') {
      return Fail(piece, Code::kUnknownConstant,
                  "`" + std::string(text) + "` begins with 0",
                  "octal numbers are not read; write decimal or 0x...");
    }
    const std::optional<uint64_t> value =
        hex ? Digits(digits.substr(2), 16) : Digits(digits, 10);
    const uint64_t most = negative ? uint64_t{1} << 63 : ~uint64_t{0};
    if (!value || *value > most) {
      return Fail(piece, Code::kUnknownConstant,
                  "`" + std::string(text) + "` is not a 64-bit number");
    }
    return Value{negative ? ~*value + 1 : *value, negative && *value != 0};
  }
  if (const std::optional<uint64_t> constant = FindConstant(piece.text)) {
    return Value{*constant, false};
  }
  const std::vector<std::string_view> known = AllConstants();
  return Fail(piece, Code::kUnknownConstant,
              "unknown constant `" + std::string(piece.text) + "`",
              syntax::DidYouMean(piece.text, known));
}

std::expected<model::Call, CallError> ParseCall(std::string_view text,
                                                uint32_t arch) {
  const std::expected<Shape, CallError> shape = Cut(text);
  if (!shape) return std::unexpected(shape.error());
  model::Call call;
  call.arch = arch;
  if (IsDigit(shape->name.text.front())) {
    const std::optional<uint64_t> number = Digits(shape->name.text, 10);
    if (!number || *number > std::numeric_limits<uint32_t>::max()) {
      return Fail(shape->name, Code::kBadCall,
                  "`" + std::string(shape->name.text) +
                      "` is not the number of a call");
    }
    call.number = static_cast<uint32_t>(*number);
  } else if (const Syscall* known = FindSyscall(arch, shape->name.text)) {
    call.number = known->number;
  } else {
    return Fail(shape->name, Code::kUnknownSyscall,
                "unknown system call `" + std::string(shape->name.text) + "`",
                SuggestSyscall(shape->name.text));
  }
  if (Trim(shape->arguments).text.empty()) return call;
  const std::vector<Piece> arguments = Split(shape->arguments, ',');
  if (arguments.size() > call.args.size()) {
    return Fail(arguments[call.args.size()], Code::kBadCall,
                "a call has at most six arguments");
  }
  for (size_t i = 0; i < arguments.size(); ++i) {
    for (const Piece& piece : Split(arguments[i], '|')) {
      std::expected<Value, CallError> value = ParseValue(piece.text);
      if (!value) {
        value.error().at += piece.at;
        return std::unexpected(value.error());
      }
      call.args[i] |= value->bits;
    }
  }
  return call;
}

bool CallExists(std::string_view text, uint32_t arch) {
  const std::expected<Shape, CallError> shape = Cut(text);
  if (!shape) return false;
  return IsDigit(shape->name.text.front()) ||
         FindSyscall(arch, shape->name.text) != nullptr;
}

std::vector<model::Call> ResolveCalls(const syntax::Text& text,
                                      syntax::Diagnostics& diagnostics) {
  std::vector<uint32_t> archs;
  std::ranges::copy_if(
      kArchitectures, std::back_inserter(archs),
      [&](uint32_t arch) { return CallExists(text.value, arch); });
  // A call that exists nowhere is parsed once, for its error.
  if (archs.empty()) archs.push_back(kArchitectures.front());
  std::vector<model::Call> calls;
  for (const uint32_t arch : archs) {
    const auto call = ParseCall(text.value, arch);
    if (!call) {
      const CallError& error = call.error();
      diagnostics.Add({error.code,
                       error.message,
                       Within(text, error.at, error.length),
                       "",
                       {},
                       error.help});
      break;
    }
    calls.push_back(*call);
  }
  return calls;
}

}  // namespace ringfence::resolve
