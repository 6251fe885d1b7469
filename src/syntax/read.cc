#include "syntax/read.h"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "base/check.h"
#include "syntax/parse.h"
#include "syntax/utf8.h"

namespace ringfence::syntax {
namespace {

// Thrown out of an event to end parsing early. Never leaves this file.
struct EndEarly {};

// Turns the library's marks, which count bytes from 0, into spans.
class Places {
 public:
  Places(std::string_view text, std::string_view file)
      : text_(text), lines_(Lines(text)), file_(file) {}

  [[nodiscard]] Span At(const YAML::Mark& mark) {
    if (mark.line < 0 || mark.column < 0) return {file_, 0, 0, 1};
    const auto line = static_cast<size_t>(mark.line);
    const auto byte = static_cast<size_t>(mark.column);
    return {file_, static_cast<uint32_t>(line) + 1, Column(line, byte), 1};
  }

  // The span of a scalar as it is written, on its first line.
  [[nodiscard]] Span OfScalar(const YAML::Mark& mark, bool quoted,
                              const std::string& value) {
    Span span = At(mark);
    if (span.line == 0) return span;
    const std::string_view line = Line(span.line - 1);
    const auto byte = static_cast<size_t>(mark.column);
    if (byte >= line.size()) return span;
    const std::string_view rest = line.substr(byte);
    span.length = std::max(
        1u, CountCodePoints(rest.substr(
                0, quoted ? QuotedSize(rest) : PlainSize(rest, value))));
    return span;
  }

  [[nodiscard]] char ByteAt(const YAML::Mark& mark) const {
    const auto at = static_cast<size_t>(mark.pos);
    return mark.pos >= 0 && at < text_.size() ? text_[at] : '\0';
  }

 private:
  [[nodiscard]] std::string_view Line(size_t index) const {
    return index < lines_.size() ? lines_[index] : std::string_view();
  }

  // The column of a byte, counted on from the last one asked for: marks come in
  // order, and a line may be as long as the file.
  uint32_t Column(size_t line, size_t byte) {
    if (line != last_line_ || byte < last_byte_) {
      last_line_ = line;
      last_byte_ = 0;
      last_column_ = 1;
    }
    const std::string_view text = Line(line);
    const size_t from = std::min(last_byte_, text.size());
    last_column_ += CountCodePoints(text.substr(from, byte - last_byte_));
    last_byte_ = byte;
    return last_column_;
  }

  // A plain scalar over several lines has its line ends folded, so the value
  // equals the text as far as the first line goes.
  static size_t PlainSize(std::string_view rest, const std::string& value) {
    size_t size = 0;
    while (size < rest.size() && size < value.size() &&
           rest[size] == value[size]) {
      ++size;
    }
    return size;
  }

  static size_t QuotedSize(std::string_view rest) {
    const char quote = rest.front();
    if (quote != '"' && quote != '\'') return 1;  // a block scalar: | or >
    for (size_t i = 1; i < rest.size(); ++i) {
      if (quote == '"' && rest[i] == '\\') {
        ++i;
      } else if (rest[i] == quote) {
        return i + 1;
      }
    }
    return rest.size();
  }

  std::string_view text_;
  std::vector<std::string_view> lines_;
  std::string file_;
  size_t last_line_ = 0;
  size_t last_byte_ = 0;
  uint32_t last_column_ = 1;
};

enum class Documents { kOne, kMany };

size_t SizeOf(const Node& node) {
  size_t size = 1;
  for (const Node& item : node.items) size += SizeOf(item);
  for (const Entry& entry : node.entries) size += 1 + SizeOf(entry.value);
  return size;
}

size_t DepthOf(const Node& node) {
  size_t depth = 0;
  for (const Node& item : node.items) depth = std::max(depth, DepthOf(item));
  for (const Entry& entry : node.entries) {
    depth = std::max(depth, DepthOf(entry.value));
  }
  return depth + 1;
}

// Puts the entries of the mappings below the key `<<` beside the others, which
// count for more (https://yaml.org/type/merge.html).
void Merge(Node& mapping) {
  const auto merge = std::ranges::find(mapping.entries, "<<", &Entry::key);
  if (merge == mapping.entries.end()) return;
  std::vector<Node> sources{std::move(merge->value)};
  mapping.entries.erase(merge);
  if (sources[0].kind == Node::Kind::kSequence) {
    sources = std::vector<Node>(std::move(sources[0].items));
  }
  for (Node& source : sources) {
    for (Entry& entry : source.entries) {
      if (mapping.Find(entry.key) == nullptr) {
        mapping.entries.push_back(std::move(entry));
      }
    }
  }
}

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(Places& places, Documents documents, Diagnostics& diagnostics)
      : places_(places), documents_(documents), diagnostics_(diagnostics) {}

  [[nodiscard]] std::vector<Node> Take() { return std::move(roots_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    anchors_.clear();
    if (documents_ == Documents::kMany || roots_.empty()) return;
    Report(Code::kSeveralDocuments, "a file holds only one document",
           places_.At(mark), "the second document begins here",
           "move it to a file of its own");
    throw EndEarly{};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (ExpectsKey()) StopAtBadKey(places_.At(mark));
    Node node;
    // The mark of nothing is that of whatever follows it.
    node.span = !frames_.empty() ? frames_.back().Here() : places_.At(mark);
    if (anchor != YAML::NullAnchor && !TakesAnchors()) {
      RefuseAnchor(mark);
      node.kind = Node::Kind::kBroken;
    }
    Attach(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const Span span = places_.At(mark);
    if (ExpectsKey()) StopAtBadKey(span);
    const auto meant = anchors_.find(anchor);
    if (meant != anchors_.end()) {
      CheckDepth(frames_.size() + DepthOf(meant->second), span);
      CountNodes(SizeOf(meant->second) - 1, span);
      Attach(meant->second, YAML::NullAnchor);
      return;
    }
    if (TakesAnchors()) {
      Report(Code::kAnchorOrAlias, "an alias of what it is a part of", span, "",
             "write the value out where it is needed");
    } else {
      RefuseAnchor(mark);
    }
    Node node;
    node.kind = Node::Kind::kBroken;
    node.span = span;
    Attach(std::move(node), YAML::NullAnchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag,
                YAML::anchor_t anchor, const std::string& value) override {
    const bool quoted = tag == "!";
    const Span span = places_.OfScalar(mark, quoted, value);
    CheckProperties(mark, tag, anchor);
    if (value.find('\0') != std::string::npos) {
      Report(Code::kNulByte, "the string contains a NUL byte", span,
             "the kernel would read it as the end of the string");
    }
    if (ExpectsKey()) {
      SetKey(value, span);
      return;
    }
    Node node;
    node.kind = Node::Kind::kScalar;
    node.quoted = quoted;
    node.text = value;
    node.span = span;
    Attach(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(Node::Kind::kSequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag,
                  YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    Open(Node::Kind::kMapping, mark, tag, anchor);
  }
  void OnMapEnd() override { Close(); }

 private:
  // A list or mapping that is still open.
  struct Frame {
    Node node;
    std::map<std::string, Span> keys;
    YAML::anchor_t anchor = YAML::NullAnchor;
    std::optional<Entry> key;  // seen, its value not yet
    bool duplicate = false;    // that key was there before

    [[nodiscard]] const Span& Here() const {
      return key ? key->key_span : node.span;
    }
  };

  void Report(Code code, std::string message, Span span, std::string label,
              std::string help = "") {
    diagnostics_.Add({code,
                      std::move(message),
                      std::move(span),
                      std::move(label),
                      {},
                      std::move(help)});
  }

  [[nodiscard]] bool ExpectsKey() const {
    return !frames_.empty() &&
           frames_.back().node.kind == Node::Kind::kMapping &&
           !frames_.back().key;
  }

  // Our own language has none. Others do, and then an alias is a copy.
  [[nodiscard]] bool TakesAnchors() const {
    return documents_ == Documents::kMany;
  }

  void RefuseAnchor(const YAML::Mark& mark) {
    Report(Code::kAnchorOrAlias, "anchors and aliases are not allowed",
           places_.At(mark), "", "write the value out where it is needed");
  }

  void CheckProperties(const YAML::Mark& mark, const std::string& tag,
                       YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor && !TakesAnchors()) RefuseAnchor(mark);
    const bool written = !tag.empty() && tag != "?" && tag != "!";
    if (written || (tag == "!" && places_.ByteAt(mark) == '!')) {
      Report(Code::kTag, "YAML tags are not allowed", places_.At(mark), "",
             "remove the tag; put the value in quotes if it begins with `!`");
    }
  }

  [[noreturn]] void StopAtBadKey(Span span) {
    Report(Code::kKeyNotText, "a key must be a word", std::move(span),
           "a word was expected here");
    throw EndEarly{};
  }

  void SetKey(const std::string& key, const Span& span) {
    CountNodes(1, span);
    Frame& frame = frames_.back();
    const auto [first, inserted] = frame.keys.emplace(key, span);
    frame.duplicate = !inserted;
    if (!inserted) {
      diagnostics_.Add({Code::kDuplicateKey,
                        "key `" + key + "` is given twice",
                        span,
                        "given again here",
                        {{"first given here", first->second}},
                        "remove one of the two"});
    }
    frame.key = Entry{key, span, {}};
  }

  void Open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    const Span span = places_.At(mark);
    if (ExpectsKey()) StopAtBadKey(span);
    CheckProperties(mark, tag, anchor);
    CheckDepth(frames_.size() + 1, span);
    Frame frame;
    frame.anchor = anchor;
    frame.node.kind = kind;
    frame.node.span = span;
    frames_.push_back(std::move(frame));
  }

  void Close() {
    Check(!frames_.empty(), "yaml: an end without a start");
    Node node = std::move(frames_.back().node);
    const YAML::anchor_t anchor = frames_.back().anchor;
    frames_.pop_back();
    if (TakesAnchors()) Merge(node);
    Attach(std::move(node), anchor);
  }

  void CheckDepth(size_t depth, const Span& span) {
    if (depth <= kMaxDepth) return;
    Report(Code::kTooDeep, "values are nested too deeply", span,
           "this is level " + std::to_string(depth) + " of " +
               std::to_string(kMaxDepth) + " allowed");
    throw EndEarly{};
  }

  void CountNodes(size_t count, const Span& span) {
    nodes_ += count;
    if (nodes_ <= kMaxNodes) return;
    Report(Code::kTooManyNodes,
           "the file has more than " + std::to_string(kMaxNodes) +
               " keys and values",
           span, "");
    throw EndEarly{};
  }

  void Attach(Node node, YAML::anchor_t anchor) {
    CountNodes(1, node.span);
    if (anchor != YAML::NullAnchor && TakesAnchors()) anchors_[anchor] = node;
    if (frames_.empty()) {
      if (documents_ == Documents::kOne || node.kind != Node::Kind::kNull) {
        roots_.push_back(std::move(node));
      }
      return;
    }
    Frame& frame = frames_.back();
    if (frame.node.kind == Node::Kind::kSequence) {
      frame.node.items.push_back(std::move(node));
      return;
    }
    Check(frame.key.has_value(), "yaml: a value without a key");
    if (!frame.duplicate) {
      frame.key->value = std::move(node);
      frame.node.entries.push_back(std::move(*frame.key));
    }
    frame.key.reset();
  }

  Places& places_;
  Documents documents_;
  Diagnostics& diagnostics_;
  std::vector<Frame> frames_;
  std::vector<Node> roots_;
  std::map<YAML::anchor_t, Node> anchors_;  // of this document, complete ones
  size_t nodes_ = 0;
};

std::vector<Node> Read(std::string_view text, std::string_view file,
                       Documents documents, Diagnostics& diagnostics) {
  Places places(text, file);
  TreeBuilder builder(places, documents, diagnostics);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) {
      diagnostics.Add({Code::kEmptyFile,
                       "the file holds no document",
                       {std::string(file), 0, 0, 1},
                       "",
                       {},
                       "a document begins with `kind:`"});
      return {};
    }
    // A second document is reported by OnDocumentStart.
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const EndEarly&) {
    return {};
  } catch (const YAML::Exception& error) {
    const bool alias =
        documents == Documents::kOne && places.ByteAt(error.mark) == '*';
    diagnostics.Add({alias ? Code::kAnchorOrAlias : Code::kYamlSyntax,
                     alias ? "anchors and aliases are not allowed"
                           : "not valid YAML: " + error.msg,
                     places.At(error.mark),
                     "",
                     {},
                     alias ? "a value that begins with `*` needs quotes" : ""});
    return {};
  }
  return builder.Take();
}

}  // namespace

std::optional<Node> ReadYaml(std::string_view text, std::string_view file,
                             Diagnostics& diagnostics) {
  std::vector<Node> roots = Read(text, file, Documents::kOne, diagnostics);
  if (roots.empty()) return std::nullopt;
  return std::move(roots.front());
}

std::vector<Node> ReadYamlStream(std::string_view text, std::string_view file,
                                 Diagnostics& diagnostics) {
  return Read(text, file, Documents::kMany, diagnostics);
}

}  // namespace ringfence::syntax
