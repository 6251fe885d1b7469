// Solver: the one door to Z3.
//
//   Solver solver(decisions);
//   auto found = solver.Find({.box = box, .a = one, .b = other,
//                             .pairs = {{allowed, denied}}});
//   if (!found) ...            // undecided, never a yes
//   if (!*found) ...           // proved: there is no such call
//
// Z3 gets a fixed amount of work (its rlimit) and a fixed seed, never a
// wall-clock time: the same question has the same answer on every machine.
// One Solver is for one thread.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "evaluate/evaluate.h"
#include "prove/decisions.h"
#include "prove/subject.h"

namespace ringfence::prove {

// Tests that came out in a certain way; all of them together are a region.
struct TestOutcome {
  uint32_t test = 0;  // index into Decisions
  bool holds = false;
  auto operator<=>(const TestOutcome&) const = default;
};
using Region = std::vector<TestOutcome>;

// Is there a call in `box` for which a and b come to one of `pairs`, outside
// all of `excluded`?
struct Question {
  Box box;
  NodeId a;
  NodeId b;
  std::vector<std::pair<Outcome, Outcome>> pairs;
  std::vector<Region> excluded;
  // Argument `width` is asked about: b sees the same call with another upper
  // half of this argument. See audit.h.
  std::optional<unsigned> other_high;
};

// The call, and what b sees (the same but for `other_high`).
struct Found {
  evaluate::SeccompData call;
  evaluate::SeccompData other;
};

class Solver {
 public:
  // Z3's units of work for one question. The shipped profiles' largest takes
  // less than a hundredth.
  static constexpr unsigned kWork = 20'000'000;

  explicit Solver(const Decisions& all, unsigned work = kWork);
  ~Solver();
  Solver(Solver&&) noexcept;
  Solver& operator=(Solver&&) = delete;

  // A call with few and low bits where there is one; nothing: there is none.
  [[nodiscard]] std::expected<std::optional<Found>, Undecided> Find(
      const Question& question);

  // The question in SMT-LIB 2, for any other solver: unsat is the proof.
  [[nodiscard]] std::string ToSmt2(const Question& question);

 private:
  class Translation;
  // Made for the first question: many a policy is settled without one.
  Translation& Translated();

  const Decisions& all_;
  unsigned work_;
  std::unique_ptr<Translation> translation_;
};

}  // namespace ringfence::prove
