// Nearest: the known word that a misspelt one probably stands for.
//
//   Nearest("extend", {"extends", "name"})  // "extends"
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ringfence::syntax {

// The candidate at the least edit distance (insert, delete, replace, swap of
// neighbours; case differences count less), the first among equals. Empty if
// none is near: more than a third of the word would have to change.
[[nodiscard]] std::string Nearest(std::string_view word,
                                  std::span<const std::string_view> candidates);

// "did you mean `extends`?", or "" if nothing is near.
[[nodiscard]] std::string DidYouMean(
    std::string_view word, std::span<const std::string_view> candidates);

}  // namespace ringfence::syntax
