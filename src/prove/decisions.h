// Decisions: what a filter does, once number and architecture are settled.
//
//   Decisions all;
//   auto no = all.Leaf(OutcomeOf(SECCOMP_RET_ERRNO | EPERM));
//   auto yes = all.Leaf(OutcomeOf(SECCOMP_RET_ALLOW));
//   auto root = all.Split({ArgTest{.arg = 0, .value = AF_UNIX}}, yes, no);
//   all.Decide(root, data);
//
// Terms are 32-bit words computed from struct seccomp_data, tests compare
// them, nodes branch on tests. All three are hash-consed: equal things have
// equal ids, and ids only refer to smaller ones. Values that need no solver
// are folded as they are made.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "base/strong.h"
#include "evaluate/evaluate.h"
#include "model/seccomp.h"
#include "prove/outcome.h"

namespace ringfence::prove {

// Index of a 32-bit word of struct seccomp_data.
inline constexpr uint32_t kNumberWord = 0;
inline constexpr uint32_t kArchWord = 1;
inline constexpr uint32_t kFirstArgWord = 4;  // low half, high half, ...
inline constexpr uint32_t kWords = 16;
[[nodiscard]] uint32_t WordOf(const evaluate::SeccompData& data,
                              uint32_t index);

using TermId = Strong<uint32_t, struct TermTag>;
using NodeId = Strong<uint32_t, struct NodeTag>;

// The operations of BPF's ALU; kConstant and kWord have `a` alone.
struct Term {
  enum class Op : uint8_t {
    kConstant,
    kWord,
    kAdd,
    kSub,
    kMul,
    kDiv,  // by anything but 0: the caller has tested that
    kAnd,
    kOr,
    kXor,
    kLsh,  // by the operand's low five bits
    kRsh,
  };
  Op op = Op::kConstant;
  uint32_t a = 0;  // value, word, or TermId
  uint32_t b = 0;  // TermId
  auto operator<=>(const Term&) const = default;
};

// What BPF's jumps compare.
struct WordTest {
  enum class Kind : uint8_t { kEqual, kAtLeast, kAbove, kAnyBit };
  Kind kind = Kind::kEqual;
  TermId a;
  TermId b;
  auto operator<=>(const WordTest&) const = default;
};
// How the jump comes out with `a` in the accumulator.
[[nodiscard]] bool Compare(WordTest::Kind kind, uint32_t a, uint32_t b);

// A program tests words, a policy tests arguments.
using Test = std::variant<WordTest, model::ArgTest>;

struct Node {
  bool leaf = true;
  Outcome outcome;    // leaf
  uint32_t test = 0;  // else
  NodeId yes;
  NodeId no;
  auto operator<=>(const Node&) const = default;
};

class Decisions {
 public:
  TermId Constant(uint32_t value);
  TermId Word(uint32_t index);
  TermId Compute(Term::Op op, TermId a, TermId b);
  // How many operations it takes written out, at most UINT32_MAX.
  [[nodiscard]] uint32_t Size(TermId id) const { return sizes_[id.value]; }
  [[nodiscard]] std::optional<uint32_t> Known(TermId id) const;

  NodeId Leaf(Outcome outcome);
  // `yes` where the test holds; no node is made where it does not matter.
  NodeId Split(const Test& test, NodeId yes, NodeId no);
  // The stricter outcome of the two, as the kernel does with two filters.
  NodeId Strictest(NodeId a, NodeId b);
  // The decision with one outcome exchanged for another.
  NodeId Replace(NodeId id, Outcome old, Outcome by);

  [[nodiscard]] const Term& term(TermId id) const { return terms_[id.value]; }
  [[nodiscard]] const Node& node(NodeId id) const { return nodes_[id.value]; }
  [[nodiscard]] const Test& test(uint32_t index) const { return tests_[index]; }

  [[nodiscard]] uint32_t Value(TermId id,
                               const evaluate::SeccompData& data) const;
  [[nodiscard]] bool Holds(const Test& test,
                           const evaluate::SeccompData& data) const;
  [[nodiscard]] Outcome Decide(NodeId id,
                               const evaluate::SeccompData& data) const;

  // Every node below `id`, itself included, smaller ids first.
  [[nodiscard]] std::vector<NodeId> Below(NodeId id) const;
  [[nodiscard]] std::set<Outcome> Outcomes(NodeId id) const;
  // Which words of struct seccomp_data it looks at.
  [[nodiscard]] std::set<uint32_t> Words(NodeId id) const;

 private:
  void AddWords(TermId id, std::set<uint32_t>& words) const;

  TermId Add(const Term& term, uint32_t size);

  std::vector<Term> terms_;
  std::vector<uint32_t> sizes_;
  std::vector<Test> tests_;
  std::vector<Node> nodes_;
  std::map<Term, uint32_t> known_terms_;
  std::map<WordTest, uint32_t> known_word_tests_;
  std::map<std::array<uint64_t, 5>, uint32_t> known_arg_tests_;
  std::map<Node, uint32_t> known_nodes_;
  std::map<std::pair<NodeId, NodeId>, NodeId> strictest_;
};

}  // namespace ringfence::prove
