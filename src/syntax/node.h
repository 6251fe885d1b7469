// Node: a YAML value with its place. The neutral form between the YAML library
// and the schema.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "syntax/diagnostic.h"

namespace ringfence::syntax {

struct Entry;

struct Node {
  enum class Kind {
    kNull,  // nothing, ~ or null
    kScalar,
    kSequence,
    kMapping,
    kBroken,  // already reported; nobody complains about it again
  };
  Kind kind = Kind::kNull;
  bool quoted = false;         // kScalar: with quotes, or a block scalar
  std::string text;            // kScalar
  std::vector<Node> items;     // kSequence
  std::vector<Entry> entries;  // kMapping; each key once, in the file's order
  // Of the scalar, of the first character of a list or mapping, of the key of
  // a missing value.
  Span span;

  // The value of `key`, or null. Mapping only.
  [[nodiscard]] const Node* Find(std::string_view key) const;
};

struct Entry {
  std::string key;
  Span key_span;
  Node value;
};

inline const Node* Node::Find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

}  // namespace ringfence::syntax
