#include "syntax/check.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/check.h"
#include "syntax/quantity.h"
#include "syntax/suggest.h"

namespace ringfence::syntax {
namespace {

using Kind = Type::Kind;

std::string Quote(std::string_view text) {
  return "`" + std::string(text) + "`";
}

std::string Join(std::span<const std::string_view> words) {
  std::string out;
  for (const std::string_view word : words) {
    out += (out.empty() ? "" : ", ") + std::string(word);
  }
  return out;
}

std::string_view Describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return "nothing";
    case Node::Kind::kScalar:
      return node.quoted ? "a quoted string" : "a plain value";
    case Node::Kind::kSequence:
      return "a list";
    case Node::Kind::kMapping:
      return "a mapping";
    case Node::Kind::kBroken:
      return "a broken value";
  }
  CheckFailed("syntax: unknown kind of node");
}

template <typename T>
std::optional<Fault> FaultOf(Parsed<T> parsed) {
  if (parsed) return std::nullopt;
  return std::move(parsed).error();
}

std::optional<Fault> NeedsQuotes(const Node& node, std::string_view what) {
  if (node.quoted) return std::nullopt;
  return Fault{Code::kWantsQuotes, std::string(what) + " needs quotes",
               "write \"" + node.text + "\""};
}

std::optional<Fault> BooleanFault(const Node& node) {
  if (!node.quoted && (node.text == "true" || node.text == "false")) {
    return std::nullopt;
  }
  static constexpr std::string_view kTrue[] = {"true", "yes", "on", "y"};
  static constexpr std::string_view kFalse[] = {"false", "no", "off", "n"};
  std::string lower = node.text;
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  std::string help = "write true or false, without quotes";
  if (std::ranges::find(kTrue, lower) != std::end(kTrue)) {
    help = "write true, without quotes";
  } else if (std::ranges::find(kFalse, lower) != std::end(kFalse)) {
    help = "write false, without quotes";
  }
  return Fault{Code::kNotABoolean, Quote(node.text) + " is not true or false",
               help};
}

std::optional<Fault> WordFault(const Type& type, const Node& node) {
  if (std::ranges::find(type.words, node.text) != type.words.end()) {
    return std::nullopt;
  }
  std::string help = DidYouMean(node.text, type.words);
  if (type.words.size() <= 8) {
    help += (help.empty() ? "one of: " : " One of: ") + Join(type.words);
  }
  return Fault{Code::kUnknownWord,
               Quote(node.text) + " is not " + std::string(type.what), help};
}

std::optional<Fault> UnquotedOnly(const Type& type, const Node& node) {
  if (!node.quoted) return std::nullopt;
  return Fault{Code::kWrongType,
               "expected " + std::string(type.what) + ", found " +
                   std::string(Describe(node)),
               "remove the quotes"};
}

std::optional<Fault> ScalarFault(const Type& type, const Node& node) {
  const std::string& text = node.text;
  switch (type.kind) {
    case Kind::kText:
      if (!type.may_be_empty && text.empty()) {
        return Fault{Code::kEmptyValue, "the string must not be empty", ""};
      }
      return std::nullopt;
    case Kind::kValue:
      if (text.empty()) {
        return Fault{Code::kEmptyValue, "the value must not be empty", ""};
      }
      return std::nullopt;
    case Kind::kName:
      return FaultOf(CheckName(text));
    case Kind::kRuleName:
      return FaultOf(CheckRuleName(text));
    case Kind::kSyscall:
      return FaultOf(CheckSyscall(text));
    case Kind::kSyscallOrGroup:
      return FaultOf(CheckSyscallOrGroup(text));
    case Kind::kNumber:
      if (auto fault = UnquotedOnly(type, node)) return fault;
      if (type.least == type.most && text != std::to_string(type.least)) {
        return Fault{Code::kBadNumber,
                     Quote(text) + " is not " + std::string(type.what),
                     "it reads " + std::to_string(type.least) +
                         "; what a later one wrote, that one has to read"};
      }
      return FaultOf(ParseNumber(text, type.least, type.most));
    case Kind::kId:
      if (auto fault = UnquotedOnly(type, node)) return fault;
      return FaultOf(ParseId(text));
    case Kind::kBoolean:
      return BooleanFault(node);
    case Kind::kLimit:
      if (text != kUnlimitedWord) {
        if (auto fault = UnquotedOnly(type, node)) return fault;
      }
      return FaultOf(ParseLimit(text));
    case Kind::kSize:
      return FaultOf(ParseSize(text));
    case Kind::kDuration:
      return FaultOf(ParseDuration(text));
    case Kind::kCpu:
      return FaultOf(ParseCpu(text));
    case Kind::kMode:
      if (auto fault = FaultOf(ParseMode(text))) return fault;
      return NeedsQuotes(node, "a mode");
    case Kind::kAddress:
      return FaultOf(ParseAddress(text));
    case Kind::kSignal:
      return FaultOf(ParseSignal(text));
    case Kind::kErrno:
      return FaultOf(ParseErrno(text));
    case Kind::kDenial:
      return FaultOf(ParseDenial(text));
    case Kind::kDate:
      return FaultOf(ParseDate(text));
    case Kind::kVersion:
      if (auto fault = FaultOf(ParseVersion(text))) return fault;
      return NeedsQuotes(node, "a version");
    case Kind::kInsidePath:
      return FaultOf(CheckInsidePath(text));
    case Kind::kHostPath:
      return FaultOf(CheckHostPath(text));
    case Kind::kVariable:
      return FaultOf(CheckVariable(text));
    case Kind::kWord:
      return WordFault(type, node);
    case Kind::kList:
    case Kind::kMapping:
    case Kind::kTable:
    case Kind::kEither:
      break;
  }
  CheckFailed("syntax: not a scalar type");
}

class Checker {
 public:
  explicit Checker(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  // `name` is the key that holds the node, for messages; may be empty.
  void Visit(const Type& type, const Node& node, std::string_view name) {
    if (node.kind == Node::Kind::kBroken) return;
    if (node.kind == Node::Kind::kNull) {
      Report(
          Code::kNoValue,
          (name.empty() ? "a value is missing" : Quote(name) + " has no value"),
          node.span, "expected " + std::string(type.what));
      return;
    }
    switch (type.kind) {
      case Kind::kList:
        VisitList(type, node, name);
        return;
      case Kind::kMapping:
        VisitMapping(type, node, name);
        return;
      case Kind::kTable:
        VisitTable(type, node, name);
        return;
      case Kind::kEither:
        if (node.kind == Node::Kind::kScalar) {
          Visit(*type.element, node, name);
        } else {
          VisitMapping(type, node, name);
        }
        return;
      case Kind::kText:
      case Kind::kName:
      case Kind::kRuleName:
      case Kind::kSyscall:
      case Kind::kSyscallOrGroup:
      case Kind::kValue:
      case Kind::kNumber:
      case Kind::kId:
      case Kind::kBoolean:
      case Kind::kLimit:
      case Kind::kSize:
      case Kind::kDuration:
      case Kind::kCpu:
      case Kind::kMode:
      case Kind::kAddress:
      case Kind::kSignal:
      case Kind::kErrno:
      case Kind::kDenial:
      case Kind::kDate:
      case Kind::kVersion:
      case Kind::kInsidePath:
      case Kind::kHostPath:
      case Kind::kVariable:
      case Kind::kWord:
        VisitScalar(type, node, name);
        return;
    }
    CheckFailed("syntax: unknown type");
  }

 private:
  void Report(Code code, std::string message, const Span& span,
              std::string label = "", std::string help = "") {
    diagnostics_.Add({code,
                      std::move(message),
                      span,
                      std::move(label),
                      {},
                      std::move(help)});
  }

  void WrongType(const Type& type, const Node& node, std::string_view name) {
    Report(Code::kWrongType,
           (name.empty() ? "wrong type" : Quote(name) + " has the wrong type"),
           node.span,
           "expected " + std::string(type.what) + ", found " +
               std::string(Describe(node)));
  }

  void VisitScalar(const Type& type, const Node& node, std::string_view name) {
    if (node.kind != Node::Kind::kScalar) {
      WrongType(type, node, name);
      return;
    }
    if (auto fault = ScalarFault(type, node)) {
      Report(fault->code, fault->message, node.span,
             name.empty() ? "" : "the value of " + Quote(name), fault->help);
    }
  }

  void VisitList(const Type& type, const Node& node, std::string_view name) {
    if (node.kind != Node::Kind::kSequence) {
      WrongType(type, node, name);
      return;
    }
    if (!type.may_be_empty && node.items.empty()) {
      Report(Code::kEmptyValue, Quote(name) + " must not be empty", node.span,
             "expected " + std::string(type.what));
    }
    for (const Node& item : node.items) Visit(*type.element, item, name);
  }

  void VisitTable(const Type& type, const Node& node, std::string_view name) {
    if (node.kind != Node::Kind::kMapping) {
      WrongType(type, node, name);
      return;
    }
    RefuseEmpty(type, node, name);
    for (const Entry& entry : node.entries) {
      Node key;
      key.kind = Node::Kind::kScalar;
      key.text = entry.key;
      key.span = entry.key_span;
      Visit(*type.key, key, "");
      Visit(*type.element, entry.value, entry.key);
    }
  }

  void VisitMapping(const Type& type, const Node& node, std::string_view name) {
    if (node.kind != Node::Kind::kMapping) {
      WrongType(type, node, name);
      return;
    }
    RefuseEmpty(type, node, name);
    for (const Entry& entry : node.entries) {
      const auto field =
          std::ranges::find(type.fields, entry.key, &Field::name);
      if (field == type.fields.end()) {
        UnknownKey(type, entry);
      } else {
        Visit(*field->type, entry.value, entry.key);
      }
    }
    for (const Field& field : type.fields) {
      if (field.required && node.Find(field.name) == nullptr) {
        Report(Code::kMissingKey,
               std::string(type.what) + " needs the key " + Quote(field.name),
               node.span, "",
               Quote(field.name) + ": " + std::string(field.doc));
      }
    }
  }

  void RefuseEmpty(const Type& type, const Node& node, std::string_view name) {
    if (type.may_be_empty || !node.entries.empty()) return;
    Report(Code::kEmptyValue, Quote(name) + " must not be empty", node.span,
           "expected " + std::string(type.what));
  }

  void UnknownKey(const Type& type, const Entry& entry) {
    std::vector<std::string_view> names;
    for (const Field& field : type.fields) names.push_back(field.name);
    std::string help = DidYouMean(entry.key, names);
    if (help.empty()) help = "known keys: " + Join(names);
    Report(Code::kUnknownKey, "unknown key " + Quote(entry.key), entry.key_span,
           "not a key of " + std::string(type.what), help);
  }

  Diagnostics& diagnostics_;
};

}  // namespace

const KindSchema* FindKind(const Node& root, Diagnostics& diagnostics) {
  const auto report = [&](Code code, std::string message, const Span& span,
                          std::string help) -> const KindSchema* {
    diagnostics.Add({code, std::move(message), span, "", {}, std::move(help)});
    return nullptr;
  };
  std::vector<std::string_view> names;
  for (const KindSchema& kind : Kinds()) names.push_back(kind.name);
  const std::string known = "one of: " + Join(names);
  if (root.kind != Node::Kind::kMapping) {
    return report(Code::kWrongType, "a document is a mapping of keys",
                  root.span, "a document begins with `kind:`");
  }
  const Node* kind = root.Find("kind");
  if (kind == nullptr) {
    return report(Code::kMissingKey, "the document needs the key `kind`",
                  root.span, known);
  }
  if (kind->kind == Node::Kind::kBroken) return nullptr;
  if (kind->kind != Node::Kind::kScalar) {
    return report(Code::kWrongType, "`kind` must be a word", kind->span, known);
  }
  for (const KindSchema& schema : Kinds()) {
    if (schema.name == kind->text) return &schema;
  }
  const std::string near = DidYouMean(kind->text, names);
  return report(Code::kUnknownKind, "unknown kind " + Quote(kind->text),
                kind->span, near.empty() ? known : near);
}

void CheckAgainst(const Type& type, const Node& node,
                  Diagnostics& diagnostics) {
  Checker(diagnostics).Visit(type, node, "");
}

}  // namespace ringfence::syntax
