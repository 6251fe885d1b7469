#include "evaluate/word_set.h"

#include <algorithm>

namespace ringfence::evaluate {

bool WordSet::Contains(uint32_t word) const {
  const auto in = [word](const Cube& cube) {
    return (word & cube.mask) == cube.value;
  };
  return word >= lowest_ && word <= highest_ && in(inside_) &&
         std::ranges::none_of(outside_, in);
}

void WordSet::Narrow(const WordTest& test, bool holds) {
  if (test.kind == WordTest::Kind::kAtLeast) {
    if (holds) {
      lowest_ = std::max(lowest_, test.value);
    } else if (test.value == 0) {
      empty_ = true;
    } else {
      highest_ = std::min(highest_, test.value - 1);
    }
  } else if (const Cube cube{test.mask, test.value}; !holds) {
    outside_.push_back(cube);
  } else {
    const bool possible = (cube.value & ~cube.mask) == 0;
    const uint32_t both = inside_.mask & cube.mask;
    if (!possible || (inside_.value & both) != (cube.value & both)) {
      empty_ = true;
    }
    inside_.mask |= cube.mask;
    inside_.value |= cube.value;
  }
  // One word is left: what it must not be need not be kept. Long lists of
  // values would make every copy of the set long otherwise.
  if (inside_.mask == UINT32_MAX) {
    if (!Contains(inside_.value)) empty_ = true;
    outside_.clear();
  }
}

std::optional<bool> WordSet::Outcome(const WordTest& test) const {
  if (inside_.mask != UINT32_MAX) return std::nullopt;
  return test.kind == WordTest::Kind::kAtLeast
             ? inside_.value >= test.value
             : (inside_.value & test.mask) == test.value;
}

std::optional<uint32_t> WordSet::Member(size_t& budget) const {
  if (empty_) return std::nullopt;
  return Search(inside_, budget);
}

// The smallest word of `cube` in [lowest_, highest_]: lowest_ itself, or the
// one that equals it above some bit, has that bit where lowest_ has none, and
// is smallest below. The lowest such bit gives the smallest word.
std::optional<uint32_t> WordSet::SmallestIn(const Cube& cube) const {
  if ((lowest_ & cube.mask) == cube.value) {
    return lowest_ <= highest_ ? std::optional(lowest_) : std::nullopt;
  }
  for (unsigned place = 0; place < 32; ++place) {
    const uint32_t bit = uint32_t{1} << place;
    const uint32_t below = bit - 1;
    const uint32_t above = ~(bit | below);
    const bool fits = (lowest_ & above & cube.mask) == (cube.value & above);
    const bool rises = (lowest_ & bit) == 0;
    const bool may_rise = (cube.mask & bit) == 0 || (cube.value & bit) != 0;
    if (!fits || !rises || !may_rise) continue;
    const uint32_t word = (lowest_ & above) | bit | (cube.value & below);
    return word <= highest_ ? std::optional(word) : std::nullopt;
  }
  return std::nullopt;
}

// Where the smallest word is in an excluded cube, the rest of `cube` falls into
// as many smaller cubes as the excluded one fixes further bits: the first of
// them differs, or the first is equal and the second differs, and so on.
std::optional<uint32_t> WordSet::Search(const Cube& cube,
                                        size_t& budget) const {
  if (budget == 0) return std::nullopt;
  --budget;
  const std::optional<uint32_t> word = SmallestIn(cube);
  if (!word) return std::nullopt;
  const auto excluded =
      std::ranges::find_if(outside_, [&](const Cube& outside) {
        return (*word & outside.mask) == outside.value;
      });
  if (excluded == outside_.end()) return word;
  Cube rest = cube;
  for (uint32_t bit = 1; bit != 0; bit <<= 1) {
    if ((excluded->mask & bit) == 0 || (cube.mask & bit) != 0) continue;
    Cube differs = rest;
    differs.mask |= bit;
    differs.value |= ~excluded->value & bit;
    if (const auto found = Search(differs, budget)) return found;
    rest.mask |= bit;
    rest.value |= excluded->value & bit;
  }
  return std::nullopt;
}

}  // namespace ringfence::evaluate
