// Subject: anything that answers system calls, a filter or a policy.
//
//   Subject source = Subject::Policy(policy, Reading::kReturned);
//   Subject filter = Subject::Filter(program.code());
//
// It can be asked two ways that share nothing: Reduce gives the decision for a
// box of numbers and architectures, Replay runs it for one call on the
// evaluator (filters) or by model::Meaning (policies). What Reduce and the
// solver find is shown only after Replay has said the same.
//
// A Subject refers to what it was made of, which must outlive it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "bpf/program.h"
#include "evaluate/evaluate.h"
#include "model/seccomp.h"
#include "prove/decisions.h"
#include "prove/outcome.h"

namespace ringfence::prove {

// First and last value, both included.
struct Interval {
  uint32_t first = 0;
  uint32_t last = UINT32_MAX;
  [[nodiscard]] bool IsOne() const { return first == last; }
  [[nodiscard]] bool Has(uint32_t value) const {
    return first <= value && value <= last;
  }
  bool operator==(const Interval&) const = default;
};

// Calls of some architectures and numbers, with any arguments.
struct Box {
  Interval arch;
  Interval number;
  bool operator==(const Box&) const = default;
};

// The box must be cut before `at`: it is not treated alike on both sides.
struct Cut {
  bool arch = false;  // else: the number
  uint32_t at = 0;
};

[[nodiscard]] std::pair<Box, Box> CutBox(const Box& box, const Cut& cut);

// A claim that could neither be proved nor refuted. Never taken for a yes.
struct Undecided {
  std::string why;
};

using Stop = std::variant<Cut, Undecided>;

// One filter, with what its supervisor answers to notifications, by number.
// Nothing known: a notification stays one.
struct Filter {
  std::span<const bpf::Instruction> code;
  std::map<uint32_t, uint16_t> explained;
};

class Subject {
 public:
  // All of `filters` are asked, the newest first; the strictest answer counts,
  // the first of those that are equally strict, as in the kernel.
  static Subject Stack(std::vector<Filter> filters);
  static Subject One(std::span<const bpf::Instruction> code);
  // Each filter is for one architecture; any other is killed.
  static Subject PerArch(std::map<uint32_t, Filter> filters);
  // At most one policy an architecture; any other is killed.
  static Subject Policies(const std::vector<model::SeccompPolicy>& policies,
                          Reading reading);
  static Subject Policy(const model::SeccompPolicy& policy, Reading reading);

  // The least strict subject that makes no call with this number, on this
  // architecture, while `when` holds: who is inside it never allows them.
  static Subject AllBut(uint32_t arch, uint32_t number, model::Condition when);

  // The decision for every call of `box`, or where to cut it.
  [[nodiscard]] std::expected<NodeId, Stop> Reduce(Decisions& all,
                                                   const Box& box) const {
    return what_->Reduce(all, box);
  }
  // An error: the evaluator does not accept the program.
  [[nodiscard]] std::expected<Outcome, Undecided> Replay(
      const evaluate::SeccompData& data) const {
    return what_->Replay(data);
  }

 private:
  class What {
   public:
    virtual ~What() = default;
    [[nodiscard]] virtual std::expected<NodeId, Stop> Reduce(
        Decisions& all, const Box& box) const = 0;
    [[nodiscard]] virtual std::expected<Outcome, Undecided> Replay(
        const evaluate::SeccompData& data) const = 0;
  };
  class Stacked;
  class ByArch;
  class Known;
  class Rest;
  explicit Subject(std::shared_ptr<const What> what) : what_(std::move(what)) {}

  std::shared_ptr<const What> what_;
};

}  // namespace ringfence::prove
