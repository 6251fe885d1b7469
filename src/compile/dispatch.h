// AddDispatch: the node that finds the range a loaded word is in.
//
//   Ranges ranges(deny);
//   ranges.Append(3, allow);
//   ranges.Append(4, deny);
//   const auto root = AddDispatch(graph, ranges);   // 3 is allowed
//
// A balanced tree of "word >= N" leads to groups of ranges. In a group all but
// single values lead to one place, and "word == N" picks the single ones out:
// one test for a value that would take two as a range of its own.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compile/graph.h"

namespace ringfence::compile {

// The words from `first` up to the next range's lead to `then`.
struct Range {
  uint32_t first = 0;
  Graph::Id then;
};

// All words, in ranges that lead to different places than their neighbours.
class Ranges {
 public:
  explicit Ranges(Graph::Id all) : ranges_{{0, all}} {}

  // From here on to `then`. `first` never falls.
  void Append(uint32_t first, Graph::Id then) {
    if (ranges_.back().first == first) ranges_.pop_back();
    if (ranges_.empty() || ranges_.back().then != then) {
      ranges_.push_back({first, then});
    }
  }
  [[nodiscard]] std::span<const Range> all() const { return ranges_; }

 private:
  std::vector<Range> ranges_;
};

// How many single values a group may have: each is a test on the way.
inline constexpr size_t kMaxPicks = 3;

// The shortest program of this shape.
[[nodiscard]] Graph::Id AddDispatch(Graph& graph, const Ranges& ranges);

}  // namespace ringfence::compile
