#include "compile/simplify.h"

#include <linux/filter.h>

#include <algorithm>
#include <compare>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "base/check.h"
#include "bpf/program.h"

namespace ringfence::compile {
namespace {

using Kind = Graph::Node::Kind;

// More are not followed: what is known is forgotten, oldest first, and where
// there are too many places the rest of the graph stays as it is.
constexpr size_t kMaxFacts = 32;
constexpr size_t kMaxPlaces = 4096;

// What the accumulator holds: a word of struct seccomp_data, masked.
struct Loaded {
  uint32_t offset = 0;
  uint32_t mask = UINT32_MAX;
  auto operator<=>(const Loaded&) const = default;
};

struct Fact {
  Loaded of;
  uint16_t jump = 0;
  uint32_t k = 0;
  bool holds = false;
  auto operator<=>(const Fact&) const = default;
};
using Facts = std::vector<Fact>;

bool Compare(uint16_t jump, uint32_t a, uint32_t k) {
  switch (jump) {
    case BPF_JEQ:
      return a == k;
    case BPF_JGE:
      return a >= k;
    case BPF_JGT:
      return a > k;
    case BPF_JSET:
      return (a & k) != 0;
    default:
      CheckFailed("simplify: unknown jump");
  }
}

bool IsWhole(const Loaded& loaded) { return loaded.mask == UINT32_MAX; }

// What is known of one whole word by its order.
struct Bounds {
  uint32_t low = 0;
  uint32_t high = UINT32_MAX;

  void Narrow(const Fact& fact) {
    if (!IsWhole(fact.of)) return;
    if (fact.jump == BPF_JEQ && fact.holds) {
      low = high = fact.k;
    } else if (fact.jump == BPF_JEQ) {
      if (fact.k == low && low != UINT32_MAX) ++low;
      if (fact.k == high && high != 0) --high;
    } else if (fact.jump == BPF_JGE && fact.holds) {
      low = std::max(low, fact.k);
    } else if (fact.jump == BPF_JGE && fact.k != 0) {
      high = std::min(high, fact.k - 1);
    } else if (fact.jump == BPF_JGT && fact.holds && fact.k != UINT32_MAX) {
      low = std::max(low, fact.k + 1);
    } else if (fact.jump == BPF_JGT && !fact.holds) {
      high = std::min(high, fact.k);
    }
  }
};

// How a test comes out, where the facts say it.
std::optional<bool> Decide(const Facts& facts, const Loaded& of, uint16_t jump,
                           uint32_t k) {
  Bounds bounds;
  for (const Fact& fact : facts) {
    if (fact.of.offset != of.offset) continue;
    if (fact.of == of && fact.jump == jump && fact.k == k) return fact.holds;
    bounds.Narrow(fact);
  }
  if (bounds.low == bounds.high) {
    return Compare(jump, bounds.low & of.mask, k);
  }
  if (!IsWhole(of)) return std::nullopt;
  switch (jump) {
    case BPF_JEQ:
      if (k < bounds.low || k > bounds.high) return false;
      return std::nullopt;
    case BPF_JGE:
      if (bounds.low >= k) return true;
      if (bounds.high < k) return false;
      return std::nullopt;
    case BPF_JGT:
      if (bounds.low > k) return true;
      if (bounds.high <= k) return false;
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

Facts Learn(Facts facts, const Fact& fact) {
  if (IsWhole(fact.of) && fact.jump == BPF_JEQ && fact.holds) {
    std::erase_if(facts, [&](const Fact& known) {
      return known.of.offset == fact.of.offset;
    });
  }
  if (facts.size() == kMaxFacts) facts.erase(facts.begin());
  facts.push_back(fact);
  return facts;
}

class Walk {
 public:
  explicit Walk(Graph& graph) : graph_(graph) {}

  // What `id` is where `facts` hold and `loaded` is in the accumulator.
  Graph::Id From(Graph::Id id, Loaded loaded, Facts facts) {
    // A copy: the graph grows.
    const Graph::Node node = graph_.at(id);
    switch (node.kind) {
      case Kind::kReturn:
        return id;
      case Kind::kLoad:
        if (places_.size() >= kMaxPlaces) return id;
        return From(node.no, {.offset = node.k}, std::move(facts));
      case Kind::kAnd:
        loaded.mask &= node.k;
        return From(node.no, loaded, std::move(facts));
      case Kind::kBranch:
        break;
    }
    if (const auto known = Decide(facts, loaded, node.jump, node.k)) {
      return From(*known ? node.yes : node.no, loaded, std::move(facts));
    }
    const uint32_t tested = WordsOf(id) | Bit(loaded.offset);
    std::erase_if(facts, [&](const Fact& fact) {
      return (Bit(fact.of.offset) & tested) == 0;
    });
    const auto place = std::tuple(id, loaded, facts);
    if (const auto at = places_.find(place); at != places_.end()) {
      return at->second;
    }
    Fact fact{loaded, node.jump, node.k, true};
    const Graph::Id yes = From(node.yes, loaded, Learn(facts, fact));
    fact.holds = false;
    const Graph::Id no = From(node.no, loaded, Learn(facts, fact));
    const Graph::Id made = Add(loaded, node, yes, no);
    places_.emplace(place, made);
    return made;
  }

 private:
  static uint32_t Bit(uint32_t offset) { return uint32_t{1} << offset / 4; }

  Graph::Id Add(const Loaded& loaded, const Graph::Node& node, Graph::Id yes,
                Graph::Id no) {
    if (IsWhole(loaded)) {
      return graph_.LoadAndBranch(loaded.offset, node.jump, node.k, yes, no);
    }
    if (yes == no) return yes;
    return graph_.Load(
        loaded.offset,
        graph_.And(loaded.mask, graph_.Branch(node.jump, node.k, yes, no)));
  }

  // The words that are loaded from `id` on, as bits.
  uint32_t WordsOf(Graph::Id id) {
    if (const auto at = words_.find(id); at != words_.end()) return at->second;
    const Graph::Node node = graph_.at(id);
    uint32_t words = node.kind == Kind::kLoad ? Bit(node.k) : 0;
    if (node.kind != Kind::kReturn) words |= WordsOf(node.no);
    if (node.kind == Kind::kBranch) words |= WordsOf(node.yes);
    words_.emplace(id, words);
    return words;
  }

  Graph& graph_;
  std::map<Graph::Id, uint32_t> words_;
  std::map<std::tuple<Graph::Id, Loaded, Facts>, Graph::Id> places_;
};

}  // namespace

Graph::Id Simplify(Graph& graph, Graph::Id root) {
  const size_t before = CountReachable(graph, root);
  // This also bounds the recursion.
  if (before > bpf::kMaxInstructions) return root;
  const Graph::Id simpler = Walk(graph).From(root, {}, {});
  return CountReachable(graph, simpler) <= before ? simpler : root;
}

}  // namespace ringfence::compile
