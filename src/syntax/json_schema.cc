#include "syntax/json_schema.h"

#include <string_view>

#include "base/check.h"
#include "syntax/quantity.h"

namespace ringfence::syntax {
namespace {

using Kind = Type::Kind;

std::string Quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

// A scalar that is text to the parser, whatever a reader of YAML takes it for.
std::string AnyScalar(bool may_be_empty) {
  return std::string(R"({"type": ["string", "number", "boolean"])") +
         (may_be_empty ? "}" : R"(, "minLength": 1})");
}

std::string Pattern(std::string_view pattern) {
  return R"({"type": "string", "pattern": )" + Quote(pattern) + "}";
}

std::string Integer(uint64_t least, uint64_t most) {
  return R"({"type": "integer", "minimum": )" + std::to_string(least) +
         R"(, "maximum": )" + std::to_string(most) + "}";
}

std::string AnyOf(const std::string& one, const std::string& other) {
  return R"({"anyOf": [)" + one + ", " + other + "]}";
}

constexpr std::string_view kName = "^[a-z][a-z0-9-]{0,62}$";
constexpr uint64_t kMostId = 4294967294;

class Writer {
 public:
  explicit Writer(const KindSchema& kind) : kind_(kind) {}

  [[nodiscard]] std::string Of(const Type& type, int depth) const {
    switch (type.kind) {
      case Kind::kList:
        return R"({"type": "array", "items": )" + Of(*type.element, depth) +
               (type.may_be_empty ? "}" : R"(, "minItems": 1})");
      case Kind::kMapping:
        return Mapping(type, depth);
      case Kind::kTable:
        return Table(type, depth);
      case Kind::kEither:
        return AnyOf(Of(*type.element, depth), Mapping(type, depth));
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
      case Kind::kDate:
      case Kind::kVersion:
      case Kind::kInsidePath:
      case Kind::kHostPath:
      case Kind::kVariable:
      case Kind::kWord:
      case Kind::kErrno:
      case Kind::kDenial:
        return Scalar(type);
    }
    CheckFailed("syntax: unknown type");
  }

 private:
  static std::string Scalar(const Type& type) {
    if (type.kind == Kind::kText) return AnyScalar(type.may_be_empty);
    if (type.kind == Kind::kValue) return AnyScalar(false);
    if (type.kind == Kind::kNumber) return Integer(type.least, type.most);
    if (type.kind == Kind::kId) return Integer(1, kMostId);
    if (type.kind == Kind::kBoolean) return R"({"type": "boolean"})";
    if (type.kind == Kind::kWord) {
      std::string words;
      for (const std::string_view word : type.words) {
        words += (words.empty() ? "" : ", ") + Quote(word);
      }
      return R"({"enum": [)" + words + "]}";
    }
    if (type.kind == Kind::kLimit) {
      return AnyOf(Integer(0, kUnlimited),
                   R"({"const": )" + Quote(kUnlimitedWord) + "}");
    }
    if (type.kind == Kind::kSize) {
      return AnyOf(Integer(1, INT64_MAX),
                   Pattern("^[1-9][0-9]{0,18}(Ki|Mi|Gi|Ti)?$"));
    }
    if (type.kind == Kind::kCpu) {
      return AnyOf(R"({"type": "number", "minimum": 0.001, "maximum": 4096})",
                   Pattern("^(0|[1-9][0-9]{0,3})(\\.[0-9]{1,3})?$"));
    }
    const std::string pattern = Pattern(PatternOf(type.kind));
    // A file may be called 1.
    if (type.kind != Kind::kHostPath) return pattern;
    return AnyOf(pattern, R"({"type": ["number", "boolean"]})");
  }

  static std::string_view PatternOf(Kind kind) {
    if (kind == Kind::kName) return kName;
    if (kind == Kind::kRuleName) {
      return "^[a-z][a-z0-9-]{0,62}/[a-z][a-z0-9-]{0,62}$";
    }
    if (kind == Kind::kSyscall) return "^[a-z_][a-z0-9_]{0,62}$";
    if (kind == Kind::kSyscallOrGroup) {
      return "^(@[a-z][a-z0-9-]{0,62}|[a-z_][a-z0-9_]{0,62})$";
    }
    if (kind == Kind::kDuration) return "^[1-9][0-9]*(ms|s|m|h)$";
    if (kind == Kind::kMode) return "^0[0-7]{3}$";
    if (kind == Kind::kAddress) {
      return "^(([0-9]{1,3}\\.){3}[0-9]{1,3}|\\[[0-9a-fA-F:.]+\\]):"
             "[1-9][0-9]{0,4}$";
    }
    if (kind == Kind::kSignal) return "^SIG[A-Z0-9]+$";
    if (kind == Kind::kDate) {
      return "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";
    }
    if (kind == Kind::kVersion) return "^(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)$";
    if (kind == Kind::kInsidePath) {
      return "^(/|(/(?!\\.{1,2}(/|$))[^/]{1,255})+)$";
    }
    if (kind == Kind::kHostPath) return "^[^~]";
    if (kind == Kind::kErrno) return "^E[A-Z0-9]+$";
    if (kind == Kind::kDenial) return "^(explain|quiet|kill|E[A-Z0-9]+)$";
    if (kind == Kind::kVariable) return "^[A-Za-z_][A-Za-z0-9_]*$";
    CheckFailed("syntax: a scalar without a pattern");
  }

  [[nodiscard]] std::string Mapping(const Type& type, int depth) const {
    const std::string indent(static_cast<size_t>(depth) * 2 + 2, ' ');
    std::string fields;
    std::string required;
    for (const Field& field : type.fields) {
      const bool is_kind = depth == 0 && field.name == "kind";
      std::string value = is_kind ? R"({"const": )" + Quote(kind_.name) + "}"
                                  : Of(*field.type, depth + 1);
      // What an editor shows beside the key.
      value.insert(1, R"("description": )" + Quote(field.doc) + ", ");
      fields += (fields.empty() ? "\n" : ",\n") + indent + Quote(field.name) +
                ": " + value;
      if (field.required) {
        required += (required.empty() ? "" : ", ") + Quote(field.name);
      }
    }
    return R"({"type": "object", "additionalProperties": false)" +
           std::string(type.may_be_empty ? "" : R"(, "minProperties": 1)") +
           (required.empty() ? "" : R"(, "required": [)" + required + "]") +
           R"(, "properties": {)" + fields + "}}";
  }

  [[nodiscard]] std::string Table(const Type& type, int depth) const {
    const bool any_key = type.key->kind == Kind::kText;
    return R"({"type": "object", "additionalProperties": )" +
           Of(*type.element, depth + 1) +
           (any_key ? "" : R"(, "propertyNames": )" + Scalar(*type.key)) +
           (type.may_be_empty ? "}" : R"(, "minProperties": 1})");
  }

  const KindSchema& kind_;
};

}  // namespace

std::string JsonSchema(const KindSchema& kind) {
  std::string schema = Writer(kind).Of(*kind.type, 0);
  schema.insert(1,
                "\n  \"$schema\": \"http://json-schema.org/draft-07/schema#\""
                ",\n  \"title\": " +
                    Quote(kind.name) +
                    ",\n  \"description\": " + Quote(kind.doc) + ",\n  ");
  return schema + "\n";
}

}  // namespace ringfence::syntax
