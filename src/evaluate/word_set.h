// WordSet: the 32-bit words for which some tests came out in a given way.
//
//   WordSet words;                                    // all 2^32
//   words.Narrow(Masked(0xFF, 2), false);             // (w & 0xFF) != 2
//   words.Narrow(AtLeast(1000), false);               // w < 1000
//   words.Member(budget);                             // 0
//
// The answer is exact, which is what makes a comparison by representatives a
// comparison for all values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace ringfence::evaluate {

// (word & mask) == value, or word >= value.
struct WordTest {
  enum class Kind : uint8_t { kMasked, kAtLeast };
  Kind kind = Kind::kMasked;
  uint32_t mask = 0;  // kMasked only
  uint32_t value = 0;
};
constexpr WordTest Masked(uint32_t mask, uint32_t value) {
  return {WordTest::Kind::kMasked, mask, value};
}
constexpr WordTest AtLeast(uint32_t value) {
  return {WordTest::Kind::kAtLeast, 0, value};
}

class WordSet {
 public:
  // Keeps the words for which `test` comes out as `holds`.
  void Narrow(const WordTest& test, bool holds);

  // What `test` comes out as, where one word is left that says so at once.
  [[nodiscard]] std::optional<bool> Outcome(const WordTest& test) const;

  // A word of the set, a small one where that is easy; nothing if it is empty.
  // The search may take long for many overlapping masks: each step takes one
  // from `budget`, and an answer that leaves 0 of it means nothing.
  [[nodiscard]] std::optional<uint32_t> Member(size_t& budget) const;

 private:
  // The words with (word & mask) == value; none if value has other bits.
  struct Cube {
    uint32_t mask = 0;
    uint32_t value = 0;
  };

  [[nodiscard]] bool Contains(uint32_t word) const;
  [[nodiscard]] std::optional<uint32_t> SmallestIn(const Cube& cube) const;
  [[nodiscard]] std::optional<uint32_t> Search(const Cube& cube,
                                               size_t& budget) const;

  bool empty_ = false;
  uint32_t lowest_ = 0;
  uint32_t highest_ = UINT32_MAX;
  Cube inside_;
  std::vector<Cube> outside_;
};

}  // namespace ringfence::evaluate
