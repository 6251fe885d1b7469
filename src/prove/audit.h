// Questions about one filter that need no source to compare it with.
//
//   Auditor auditor(subject);
//   auto gap = auditor.Width(kArchX86_64, 41, 0);   // socket's family
//   if (gap && *gap) ...   // two calls that are one to the kernel
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <vector>

#include "bpf/program.h"
#include "evaluate/evaluate.h"
#include "model/seccomp.h"
#include "prove/decisions.h"
#include "prove/solver.h"
#include "prove/subject.h"

namespace ringfence::prove {

// Two calls that should get one answer, and do not. The second gets the weaker
// one if any two do.
struct Gap {
  evaluate::SeccompData strict;
  Outcome strict_outcome;
  evaluate::SeccompData weak;
  Outcome weak_outcome;
};

class Auditor {
 public:
  // `subject` must outlive it.
  explicit Auditor(const Subject& subject) : subject_(subject), solver_(all_) {}
  Auditor(Auditor&&) = delete;
  Auditor& operator=(Auditor&&) = delete;

  // Two calls that differ in the upper half of one argument alone and are
  // answered differently.
  [[nodiscard]] std::expected<std::optional<Gap>, Undecided> Width(
      uint32_t arch, uint32_t number, unsigned arg);

  // A call with this number that is made (`permitted`), or that is not.
  [[nodiscard]] std::expected<std::optional<evaluate::SeccompData>, Undecided>
  FindCall(uint32_t arch, uint32_t number, bool permitted);

  // What the subject does with a call.
  [[nodiscard]] std::expected<Outcome, Undecided> Ask(
      const evaluate::SeccompData& call) const {
    return subject_.Replay(call);
  }

 private:
  std::expected<NodeId, Undecided> Reduce(const Box& box);

  const Subject& subject_;
  Decisions all_;
  Solver solver_;
};

// A call of `arch` that is made, if there is one.
[[nodiscard]] std::expected<std::optional<evaluate::SeccompData>, Undecided>
FindPermitted(const Subject& subject, uint32_t arch);

// The instructions that no call of any architecture and number reaches.
[[nodiscard]] std::expected<std::vector<size_t>, Undecided> DeadInstructions(
    std::span<const bpf::Instruction> code);

// Whether no arguments satisfy `when`.
[[nodiscard]] std::expected<bool, Undecided> NeverHolds(
    const model::Condition& when);

}  // namespace ringfence::prove
