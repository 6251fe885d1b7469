// Prover: are two subjects equal, is one inside the other, where do they
// differ?
//
//   Prover prover;
//   auto differences = prover.Compare(source, filter, Relation::kEqual,
//                                     Search::kFirst);
//   if (!differences) Fail(differences.error().why);   // undecided: exit 5
//   if (differences->empty()) ...                      // proved
//   differences->front().call;                         // or refuted, by this
//
// The claim is about every call: 2^32 numbers, 2^32 architectures, all values
// of all arguments and of the instruction pointer. Numbers and architectures
// are cut into boxes that both subjects treat alike; where a box depends on
// nothing else the two outcomes are compared as numbers, the rest is Z3's.
// Every call that is returned was replayed through both subjects.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "prove/decisions.h"
#include "prove/solver.h"
#include "prove/subject.h"

namespace ringfence::prove {

enum class Relation : uint8_t {
  kEqual,   // the same outcome for every call
  kInside,  // the first is nowhere less strict than the second
};
[[nodiscard]] bool Satisfies(Relation relation, Outcome first, Outcome second);

// One region of calls for which the relation does not hold, by an example.
struct Difference {
  Box box;
  Outcome first;
  Outcome second;
  evaluate::SeccompData call;
};

enum class Search : uint8_t {
  kFirst,    // one difference refutes
  kRegions,  // one for every region
};

// What a comparison took.
struct Effort {
  size_t boxes = 0;
  size_t questions = 0;  // put to Z3
};

class Prover {
 public:
  // At most so many regions of one box and one change of an answer are told
  // apart.
  static constexpr size_t kMaxRegions = 64;

  explicit Prover(unsigned work = Solver::kWork);
  Prover(Prover&&) = delete;
  Prover& operator=(Prover&&) = delete;

  // Sorted by architecture, number and arguments. `archs` bounds the
  // comparison.
  [[nodiscard]] std::expected<std::vector<Difference>, Undecided> Compare(
      const Subject& first, const Subject& second, Relation relation,
      Search search, const Interval& archs = {});

  // Called with each question put to Z3: its box and its SMT-LIB 2 text.
  void OnQuestion(
      std::function<void(const Box& box, const std::string& smt2)> listener) {
    listener_ = std::move(listener);
  }

  [[nodiscard]] const Effort& effort() const { return effort_; }

 private:
  struct Pair {
    NodeId first;
    NodeId second;
  };
  std::expected<void, Undecided> CompareBox(const Box& box, const Pair& pair,
                                            Relation relation, Search search,
                                            std::vector<Difference>& out);
  std::expected<std::vector<evaluate::SeccompData>, Undecided> Solve(
      const Box& box, const Pair& pair, Relation relation, Search search);
  std::expected<void, Undecided> Enumerate(
      Question& question, const Pair& pair, size_t limit,
      std::vector<evaluate::SeccompData>& calls);
  std::vector<evaluate::SeccompData> Candidates(const Box& box,
                                                const Pair& pair) const;
  [[nodiscard]] Region PathOf(const Pair& pair,
                              const evaluate::SeccompData& call) const;

  Decisions all_;
  Solver solver_;
  Effort effort_;
  std::function<void(const Box&, const std::string&)> listener_;
  // Equal decisions were compared before: programs share most of them.
  std::map<std::tuple<NodeId, NodeId, Relation>, bool> proved_;
};

}  // namespace ringfence::prove
