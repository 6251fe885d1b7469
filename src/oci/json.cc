#include "oci/json.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "syntax/parse.h"

namespace ringfence::oci {
namespace {

using syntax::Code;
using syntax::Entry;
using syntax::Node;
using syntax::Span;

// Reads `text` for the parser and counts what it took: the parser itself tells
// places of errors only.
class Cursor {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Cursor(const char* at, size_t* taken) : at_(at), taken_(taken) {}
  const char& operator*() const { return *at_; }
  Cursor& operator++() {
    ++at_;
    ++*taken_;
    return *this;
  }
  Cursor operator++(int) {
    const Cursor before = *this;
    ++*this;
    return before;
  }
  bool operator==(const Cursor& other) const { return at_ == other.at_; }
  bool operator!=(const Cursor& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  size_t* taken_;
};

bool IsNumberPart(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' ||
         c == 'e' || c == 'E';
}

// The events of nlohmann::json::sax_parse, as a tree.
class TreeMaker {
 public:
  TreeMaker(std::string_view text, std::string_view file, const size_t& taken,
            syntax::Diagnostics& diagnostics)
      : text_(text), file_(file), taken_(taken), diagnostics_(diagnostics) {
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') lines_.push_back(i + 1);
    }
  }

  std::optional<Node> Take() && { return std::move(root_); }

  bool null() { return true; }
  bool boolean(bool value) {
    const size_t length = value ? 4 : 5;
    return Scalar(value ? "true" : "false", false, taken_ - length, length);
  }
  bool number_integer(int64_t) { return Number(); }
  bool number_unsigned(uint64_t) { return Number(); }
  bool number_float(double, const std::string&) { return Number(); }
  bool string(std::string& value) {
    const size_t at = StartOfString();
    return Scalar(std::move(value), true, at, taken_ - at);
  }
  bool binary(nlohmann::json::binary_t&) { return false; }  // not in JSON

  bool start_object(size_t) { return Open(Node::Kind::kMapping); }
  bool start_array(size_t) { return Open(Node::Kind::kSequence); }
  bool end_object() { return Close(); }
  bool end_array() { return Close(); }

  bool key(std::string& name) {
    const size_t at = StartOfString();
    const Span span = SpanOf(at, taken_ - at);
    keys_.back() = {name, span};
    const std::vector<Entry>& entries = open_.back().entries;
    const auto first = std::ranges::find(entries, name, &Entry::key);
    if (first == entries.end()) return true;
    diagnostics_.Add({Code::kDuplicateKey,
                      "the key `" + name + "` is there twice",
                      span,
                      "",
                      {{"first here", first->key_span}},
                      "remove one of the two"});
    return false;
  }

  bool parse_error(size_t position, const std::string&,
                   const nlohmann::json::exception&) {
    const size_t at = std::min(position > 0 ? position - 1 : 0, text_.size());
    const bool at_end = at >= text_.size();
    diagnostics_.Add({Code::kJsonSyntax,
                      at_end ? "the JSON text ends too early"
                             : "the text is not JSON from here on",
                      SpanOf(at, 1),
                      "",
                      {},
                      at_end ? "a bracket or a quote is not closed" : ""});
    return false;
  }

 private:
  struct Key {
    std::string name;
    Span span;
  };

  bool Number() {
    // The parser looks at the character after a number, if there is one.
    size_t end = taken_;
    if (end > 0 && !IsNumberPart(text_[end - 1])) --end;
    size_t at = end;
    while (at > 0 && IsNumberPart(text_[at - 1])) --at;
    return Scalar(std::string(text_.substr(at, end - at)), false, at, end - at);
  }

  bool Scalar(std::string text, bool quoted, size_t at, size_t length) {
    Node node;
    node.kind = Node::Kind::kScalar;
    node.quoted = quoted;
    node.text = std::move(text);
    node.span = SpanOf(at, length);
    return Put(std::move(node));
  }

  bool Open(Node::Kind kind) {
    Node node;
    node.kind = kind;
    node.span = SpanOf(taken_ - 1, 1);
    if (open_.size() >= syntax::kMaxDepth) {
      return TooMuch(Code::kTooDeep, "the nesting is too deep", node.span);
    }
    open_.push_back(std::move(node));
    keys_.emplace_back();
    return true;
  }

  bool Close() {
    Node node = std::move(open_.back());
    open_.pop_back();
    keys_.pop_back();
    return Put(std::move(node));
  }

  bool Put(Node node) {
    if (++nodes_ > syntax::kMaxNodes) {
      return TooMuch(Code::kTooManyNodes, "the file has too many values",
                     node.span);
    }
    if (open_.empty()) {
      root_ = std::move(node);
    } else if (open_.back().kind == Node::Kind::kSequence) {
      open_.back().items.push_back(std::move(node));
    } else {
      Key& key = keys_.back();
      open_.back().entries.push_back(
          {std::move(key.name), std::move(key.span), std::move(node)});
    }
    return true;
  }

  bool TooMuch(Code code, const char* message, const Span& span) {
    diagnostics_.Add({code, message, span, "", {}, ""});
    return false;
  }

  // The parser is just past the closing quote.
  [[nodiscard]] size_t StartOfString() const {
    const auto is_escaped = [&](size_t quote) {
      size_t slashes = 0;
      while (slashes < quote && text_[quote - 1 - slashes] == '\\') ++slashes;
      return slashes % 2 == 1;
    };
    size_t at = taken_ - 1;
    do {
      at = text_.rfind('"', at - 1);
    } while (is_escaped(at));
    return at;
  }

  [[nodiscard]] Span SpanOf(size_t at, size_t length) const {
    const auto next = std::ranges::upper_bound(lines_, at);
    const size_t line_start = *std::prev(next);
    const auto points = [&](size_t from, size_t count) {
      const std::string_view part = text_.substr(from, count);
      return static_cast<uint32_t>(std::ranges::count_if(part, [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
      }));
    };
    return {std::string(file_), static_cast<uint32_t>(next - lines_.begin()),
            points(line_start, at - line_start) + 1,
            std::max(points(at, length), 1u)};
  }

  std::string_view text_;
  std::string_view file_;
  const size_t& taken_;
  syntax::Diagnostics& diagnostics_;
  std::vector<size_t> lines_ = {0};  // where each begins
  size_t nodes_ = 0;
  std::vector<Node> open_;
  std::vector<Key> keys_;  // one for each of open_
  std::optional<Node> root_;
};

}  // namespace

std::optional<Node> ReadJson(std::string_view text, std::string_view file,
                             syntax::Diagnostics& diagnostics) {
  if (text.size() > syntax::kMaxFileBytes) {
    diagnostics.Add({Code::kFileTooLarge,
                     "the file is larger than 1 MiB",
                     {std::string(file), 0, 0, 1},
                     "",
                     {},
                     ""});
    return std::nullopt;
  }
  size_t taken = 0;
  size_t end = 0;
  TreeMaker maker(text, file, taken, diagnostics);
  if (!nlohmann::json::sax_parse(Cursor(text.data(), &taken),
                                 Cursor(text.data() + text.size(), &end),
                                 &maker)) {
    return std::nullopt;
  }
  return std::move(maker).Take();
}

}  // namespace ringfence::oci
