#include "compile/condition.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <bit>
#include <ranges>
#include <set>
#include <span>

#include "base/check.h"
#include "compile/dispatch.h"

namespace ringfence::compile {
namespace {

using model::ArgTest;
using model::Condition;
using model::Width;

constexpr uint32_t kAllOnes = UINT32_MAX;

struct Half {
  uint32_t offset = 0;  // bytes into struct seccomp_data
  uint32_t mask = 0;
  uint32_t value = 0;
};

// Both supported architectures are little-endian: the low half comes first.
uint32_t LowOffset(const ArgTest& test) {
  return static_cast<uint32_t>(offsetof(seccomp_data, args) +
                               test.arg * sizeof(uint64_t));
}

Half Low(const ArgTest& test) {
  return {LowOffset(test), static_cast<uint32_t>(test.mask),
          static_cast<uint32_t>(test.value)};
}

Half High(const ArgTest& test) {
  return {LowOffset(test) + 4, static_cast<uint32_t>(test.mask >> 32),
          static_cast<uint32_t>(test.value >> 32)};
}

Graph::Id AddEqual(Graph& graph, const Half& half, Graph::Id yes,
                   Graph::Id no) {
  if ((half.value & ~half.mask) != 0) return no;
  if (half.mask == 0) return yes;
  if (half.mask == kAllOnes) {
    return graph.LoadAndBranch(half.offset, BPF_JEQ, half.value, yes, no);
  }
  if (half.value == 0) {
    return graph.LoadAndBranch(half.offset, BPF_JSET, half.mask, no, yes);
  }
  if (std::has_single_bit(half.mask)) {
    return graph.LoadAndBranch(half.offset, BPF_JSET, half.mask, yes, no);
  }
  if (yes == no) return yes;
  return graph.Load(
      half.offset,
      graph.And(half.mask, graph.Branch(BPF_JEQ, half.value, yes, no)));
}

Graph::Id AddAtLeast(Graph& graph, const Half& half, Graph::Id yes,
                     Graph::Id no) {
  if (half.value == 0) return yes;
  return graph.LoadAndBranch(half.offset, BPF_JGE, half.value, yes, no);
}

// high > value, or high == value and low >= value.
Graph::Id AddAtLeast64(Graph& graph, const ArgTest& test, Graph::Id yes,
                       Graph::Id no) {
  const Half high = High(test);
  if (Low(test).value == 0) return AddAtLeast(graph, high, yes, no);
  const Graph::Id low = AddAtLeast(graph, Low(test), yes, no);
  const Graph::Id equal =
      graph.LoadAndBranch(high.offset, BPF_JEQ, high.value, low, no);
  if (high.value == kAllOnes) return equal;
  return graph.LoadAndBranch(high.offset, BPF_JGT, high.value, yes, equal);
}

Graph::Id AddTest(Graph& graph, const ArgTest& test, Graph::Id yes,
                  Graph::Id no) {
  Check(test.arg < 6, "seccomp: argument index out of range");
  const bool low_only = test.width == Width::kLow32;
  const uint64_t width = low_only ? uint64_t{kAllOnes} : ~uint64_t{0};
  Check((test.value & ~width) == 0, "seccomp: a value wider than its argument");
  switch (test.relation) {
    case ArgTest::Relation::kEqual: {
      const Graph::Id low = AddEqual(graph, Low(test), yes, no);
      return low_only ? low : AddEqual(graph, High(test), low, no);
    }
    case ArgTest::Relation::kAtLeast:
      Check((test.mask & width) == width, "seccomp: kAtLeast takes no mask");
      return low_only ? AddAtLeast(graph, Low(test), yes, no)
                      : AddAtLeast64(graph, test, yes, no);
  }
  CheckFailed("seccomp: unknown relation");
}

// Whether it is a test of a whole 32-bit argument for one value.
bool IsOneWord(const Condition& condition) {
  const ArgTest& test = condition.test;
  return condition.kind == Condition::Kind::kTest &&
         test.relation == ArgTest::Relation::kEqual &&
         test.width == Width::kLow32 && test.mask == kAllOnes &&
         test.value <= kAllOnes;
}

// `yes` for the words of `tests`, which are all of one argument.
Graph::Id AddWords(Graph& graph, std::span<const Condition> tests,
                   Graph::Id yes, Graph::Id no) {
  std::set<uint32_t> words;
  for (const Condition& part : tests) {
    words.insert(static_cast<uint32_t>(part.test.value));
  }
  Ranges ranges(no);
  for (const uint32_t word : words) {
    ranges.Append(word, yes);
    if (word != kAllOnes) ranges.Append(word + 1, no);
  }
  return graph.Load(LowOffset(tests.front().test), AddDispatch(graph, ranges));
}

Graph::Id AddAny(Graph& graph, std::span<const Condition> of, Graph::Id yes,
                 Graph::Id no) {
  Graph::Id next = no;
  while (!of.empty()) {
    // Lists of values get long: the last ones of one argument go together.
    size_t words = 0;
    while (words < of.size() && IsOneWord(of[of.size() - words - 1]) &&
           of[of.size() - words - 1].test.arg == of.back().test.arg) {
      ++words;
    }
    next = words > kMaxPicks ? AddWords(graph, of.last(words), yes, next)
                             : AddCondition(graph, of.back(), yes, next);
    of = of.first(of.size() - (words > kMaxPicks ? words : 1));
  }
  return next;
}

}  // namespace

Graph::Id AddCondition(Graph& graph, const Condition& condition, Graph::Id yes,
                       Graph::Id no) {
  switch (condition.kind) {
    case Condition::Kind::kTest:
      return AddTest(graph, condition.test, yes, no);
    case Condition::Kind::kAll: {
      Graph::Id next = yes;
      for (const Condition& part : std::views::reverse(condition.of)) {
        next = AddCondition(graph, part, next, no);
      }
      return next;
    }
    case Condition::Kind::kAny:
      return AddAny(graph, condition.of, yes, no);
    case Condition::Kind::kNot:
      Check(condition.of.size() == 1, "seccomp: kNot takes one operand");
      return AddCondition(graph, condition.of.front(), no, yes);
  }
  CheckFailed("seccomp: unknown condition");
}

size_t CountTests(const Condition& condition) {
  if (condition.kind == Condition::Kind::kTest) return 1;
  size_t count = 0;
  for (const Condition& part : condition.of) count += CountTests(part);
  return count;
}

}  // namespace ringfence::compile
