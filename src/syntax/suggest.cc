#include "syntax/suggest.h"

#include <algorithm>
#include <vector>

namespace ringfence::syntax {
namespace {

// Longer words are not misspelt names, and the distance costs n*m.
constexpr size_t kLongestWord = 64;

constexpr unsigned kEdit = 2;      // one insertion, deletion, replacement, swap
constexpr unsigned kCaseEdit = 1;  // a letter in the other case

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

unsigned ReplaceCost(char a, char b) {
  if (a == b) return 0;
  return Lower(a) == Lower(b) ? kCaseEdit : kEdit;
}

// Restricted Damerau-Levenshtein distance, in halves of an edit.
unsigned Distance(std::string_view a, std::string_view b) {
  const size_t width = b.size() + 1;
  std::vector<unsigned> before(width);
  std::vector<unsigned> above(width);
  std::vector<unsigned> row(width);
  for (size_t j = 0; j < width; ++j)
    above[j] = static_cast<unsigned>(j) * kEdit;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = static_cast<unsigned>(i) * kEdit;
    for (size_t j = 1; j < width; ++j) {
      row[j] = std::min({above[j] + kEdit, row[j - 1] + kEdit,
                         above[j - 1] + ReplaceCost(a[i - 1], b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + kEdit);
      }
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above.back();
}

}  // namespace

std::string Nearest(std::string_view word,
                    std::span<const std::string_view> candidates) {
  if (word.empty() || word.size() > kLongestWord) return "";
  std::string_view best;
  unsigned best_distance = ~0u;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > kLongestWord) continue;
    const unsigned distance = Distance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  const size_t longest = std::max(word.size(), best.size());
  const bool near = best_distance * 3 <= std::max<size_t>(longest, 3) * kEdit;
  const bool case_only = best_distance <= word.size() * kCaseEdit &&
                         best.size() == word.size() &&
                         std::ranges::equal(best, word, {}, Lower, Lower);
  return near || case_only ? std::string(best) : "";
}

std::string DidYouMean(std::string_view word,
                       std::span<const std::string_view> candidates) {
  const std::string nearest = Nearest(word, candidates);
  return nearest.empty() ? "" : "did you mean `" + nearest + "`?";
}

}  // namespace ringfence::syntax
