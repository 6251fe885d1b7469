// The values that Extract reads from a checked tree, by type.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "syntax/document.h"
#include "syntax/node.h"
#include "syntax/quantity.h"
#include "syntax/schema.h"

namespace ringfence::syntax {

inline constexpr std::string_view kUnchecked =
    "syntax: a tree was extracted that its schema does not allow";

template <typename T>
T Sure(Parsed<T> parsed) {
  Check(parsed.has_value(), kUnchecked.data());
  return *std::move(parsed);
}

// The value of a key that must be there.
inline const Node& At(const Node& mapping, std::string_view key) {
  const Node* node = mapping.Find(key);
  Check(node != nullptr, kUnchecked.data());
  return *node;
}

inline Text TextOf(const Node& node) { return {node.text, node.span}; }
inline Spanned<bool> BoolOf(const Node& node) {
  return {node.text == "true", node.span};
}
inline Spanned<uint64_t> SizeOf(const Node& node) {
  return {Sure(ParseSize(node.text)), node.span};
}
inline Spanned<uint64_t> DurationOf(const Node& node) {
  return {Sure(ParseDuration(node.text)), node.span};
}
inline Spanned<uint64_t> CpuOf(const Node& node) {
  return {Sure(ParseCpu(node.text)), node.span};
}
inline Spanned<uint64_t> NumberOf(const Node& node) {
  return {Sure(ParseNumber(node.text, 0, ~uint64_t{0})), node.span};
}
inline Spanned<uint64_t> LimitOf(const Node& node) {
  return {Sure(ParseLimit(node.text)), node.span};
}
inline Spanned<uint32_t> IdOf(const Node& node) {
  return {Sure(ParseId(node.text)), node.span};
}
inline Spanned<uint32_t> ModeOf(const Node& node) {
  return {Sure(ParseMode(node.text)), node.span};
}
inline Spanned<Address> AddressOf(const Node& node) {
  return {Sure(ParseAddress(node.text)), node.span};
}

inline Spanned<Date> DateOf(const Node& node) {
  return {Sure(ParseDate(node.text)), node.span};
}

// The enumerator whose word the node holds.
template <typename Enum>
Spanned<Enum> WordOf(const Node& node,
                     std::span<const std::string_view> words) {
  const auto at = std::ranges::find(words, node.text);
  Check(at != words.end(), kUnchecked.data());
  return {static_cast<Enum>(at - words.begin()), node.span};
}

// `read(value)` for an optional key; nothing without it.
template <typename Read>
auto Maybe(const Node& mapping, std::string_view key, Read read)
    -> std::optional<decltype(read(mapping))> {
  const Node* node = mapping.Find(key);
  if (node == nullptr) return std::nullopt;
  return read(*node);
}

// `read(item)` for each item of an optional list; empty without it.
template <typename Read>
auto Each(const Node& mapping, std::string_view key, Read read) {
  std::vector<decltype(read(mapping))> out;
  if (const Node* node = mapping.Find(key)) {
    for (const Node& item : node->items) out.push_back(read(item));
  }
  return out;
}

// The same with the place of the list's key; nothing without the key.
template <typename Read>
auto MaybeList(const Node& mapping, std::string_view key, Read read)
    -> std::optional<List<decltype(read(mapping))>> {
  for (const Entry& entry : mapping.entries) {
    if (entry.key == key) return {{Each(mapping, key, read), entry.key_span}};
  }
  return std::nullopt;
}

// A node without keys, for optional mappings that are not there.
inline const Node& Optional(const Node& mapping, std::string_view key) {
  static const Node kNothing;
  const Node* node = mapping.Find(key);
  return node != nullptr ? *node : kNothing;
}

inline Spanned<NetworkMode> ModeWordOf(const Node& node) {
  return WordOf<NetworkMode>(node, NetworkModeWords());
}
inline Spanned<Colocate> ColocateOf(const Node& node) {
  return WordOf<Colocate>(node, ColocateWords());
}
inline Spanned<SecurityModule> ModuleOf(const Node& node) {
  return WordOf<SecurityModule>(node, SecurityModuleWords());
}

// The tests of `when` or `unless`.
[[nodiscard]] std::vector<ArgumentTest> ArgumentTests(const Node& rule,
                                                      std::string_view key);

}  // namespace ringfence::syntax
