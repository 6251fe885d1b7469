#include "syntax/edit.h"

#include <vector>

#include "syntax/read.h"

namespace ringfence::syntax {
namespace {

std::vector<std::string_view> WholeLines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const size_t size = end == std::string_view::npos ? text.size() : end + 1;
    lines.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return lines;
}

// Blank, or a comment: it belongs to what follows it.
bool IsBetween(std::string_view line) {
  const size_t start = line.find_first_not_of(" \t\r\n");
  return start == std::string_view::npos || line[start] == '#';
}

}  // namespace

std::optional<std::string> SetKey(std::string_view text, std::string_view key,
                                  std::string_view line) {
  Diagnostics diagnostics;
  const auto root = ReadYaml(text, "", diagnostics);
  if (!root || !diagnostics.empty() || root->kind != Node::Kind::kMapping) {
    return std::nullopt;
  }
  const std::vector<std::string_view> lines = WholeLines(text);
  size_t first = lines.size();
  size_t last = lines.size();  // one behind
  for (size_t i = 0; i < root->entries.size(); ++i) {
    const Span& span = root->entries[i].key_span;
    if (span.column != 1) return std::nullopt;
    if (root->entries[i].key != key) continue;
    first = span.line - 1;
    if (i + 1 < root->entries.size()) {
      last = root->entries[i + 1].key_span.line - 1;
    }
    while (last > first + 1 && IsBetween(lines[last - 1])) --last;
  }
  std::string out;
  const auto add = [&](std::string_view more) {
    if (!out.empty() && out.back() != '\n') out += '\n';
    out += more;
  };
  for (size_t i = 0; i < first; ++i) add(lines[i]);
  if (!line.empty()) add(std::string(line) + "\n");
  for (size_t i = last; i < lines.size(); ++i) add(lines[i]);
  return out;
}

}  // namespace ringfence::syntax
