#include "evaluate/cases.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <array>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"
#include "evaluate/word_set.h"

namespace ringfence::evaluate {
namespace {

using bpf::Instruction;
using bpf::Malformed;
using model::ArgTest;
using model::Condition;
using model::Width;

// The clauses of a call as a chain of word tests, each of which leads on to two
// others or to the end, where it is decided: the walk need not know what it
// means, only where it splits.
struct Node {
  size_t word = 0;
  WordTest test;
  size_t yes = 0;
  size_t no = 0;
};
constexpr size_t kDecided = SIZE_MAX;

class Chain {
 public:
  explicit Chain(std::span<const model::Clause> clauses) {
    for (auto clause = clauses.rbegin(); clause != clauses.rend(); ++clause) {
      start_ = Add(clause->when, {kDecided, start_});
    }
  }

  [[nodiscard]] size_t start() const { return start_; }
  [[nodiscard]] const Node& at(size_t id) const { return nodes_[id]; }

 private:
  struct Ways {
    size_t yes = 0;
    size_t no = 0;
  };

  size_t Add(const Condition& condition, Ways ways) {
    const auto& of = condition.of;
    switch (condition.kind) {
      case Condition::Kind::kTest:
        return AddTest(condition.test, ways);
      case Condition::Kind::kAll:
        for (auto part = of.rbegin(); part != of.rend(); ++part) {
          ways.yes = Add(*part, ways);
        }
        return ways.yes;
      case Condition::Kind::kAny:
        for (auto part = of.rbegin(); part != of.rend(); ++part) {
          ways.no = Add(*part, ways);
        }
        return ways.no;
      case Condition::Kind::kNot:
        Check(of.size() == 1, "seccomp: kNot takes one operand");
        return Add(of.front(), {ways.no, ways.yes});
    }
    CheckFailed("seccomp: unknown condition");
  }

  size_t AddTest(const ArgTest& test, Ways ways) {
    Check(test.arg < 6, "seccomp: argument index out of range");
    const size_t low = size_t{test.arg} * 2;
    const auto value = static_cast<uint32_t>(test.value);
    const auto high_value = static_cast<uint32_t>(test.value >> 32);
    const bool equal = test.relation == ArgTest::Relation::kEqual;
    const size_t on_low =
        AddNode(low,
                equal ? Masked(static_cast<uint32_t>(test.mask), value)
                      : AtLeast(value),
                ways);
    if (test.width == Width::kLow32) return on_low;
    if (equal) {
      const auto mask = static_cast<uint32_t>(test.mask >> 32);
      return AddNode(low + 1, Masked(mask, high_value), {on_low, ways.no});
    }
    // Where the high halves differ, "at least" is "above".
    const size_t on_high = AddNode(low + 1, AtLeast(high_value), ways);
    return AddNode(low + 1, Masked(UINT32_MAX, high_value), {on_low, on_high});
  }

  size_t AddNode(size_t word, const WordTest& test, Ways ways) {
    nodes_.push_back({word, test, ways.yes, ways.no});
    return nodes_.size() - 1;
  }

  std::vector<Node> nodes_;
  size_t start_ = kDecided;
};

// What the accumulator holds: a known number, or (argument word & mask).
struct Accumulator {
  std::optional<size_t> word;  // index into Words
  uint32_t known = 0;
  uint32_t mask = UINT32_MAX;
};

// Where one case is: in the program, and after its return in the condition.
struct State {
  size_t at = 0;  // instruction
  Accumulator a;
  std::optional<size_t> node;  // of the condition
  // Low and high half of each argument, in that order.
  std::array<WordSet, 12> words;
};

class Walk {
 public:
  using Visit = std::function<bool(const model::Call&)>;

  Walk(std::span<const Instruction> code, uint32_t arch, uint32_t number,
       std::span<const model::Clause> clauses, CaseLimits& limits,
       const Visit& visit)
      : code_(code),
        arch_(arch),
        number_(number),
        chain_(clauses),
        limits_(limits),
        visit_(visit) {}

  std::expected<void, Malformed> Run() {
    waiting_.emplace_back();
    while (!waiting_.empty() && !over_) {
      State state = std::move(waiting_.back());
      waiting_.pop_back();
      while (Step(state)) {
      }
    }
    if (failure_) return std::unexpected(*failure_);
    return {};
  }

 private:
  bool Fail(size_t at, const char* why) {
    failure_ = Malformed{at, why};
    over_ = true;
    return false;
  }

  // One instruction or one test of the condition; false when this case is at
  // its end.
  bool Step(State& state) {
    if (!state.node) return Instruct(state);
    if (*state.node == kDecided) return Arrive(state);
    const Node& node = chain_.at(*state.node);
    return Split(state, node.word, node.test, [&node](State& to, bool holds) {
      to.node = holds ? node.yes : node.no;
    });
  }

  // Sends the case on by `go(state, outcome)`. Where both outcomes are
  // possible, the other one waits its turn.
  template <typename Go>
  bool Split(State& state, size_t word, const WordTest& test, const Go& go) {
    if (const auto outcome = state.words[word].Outcome(test)) {
      go(state, *outcome);
      return true;
    }
    State other = state;
    other.words[word].Narrow(test, false);
    state.words[word].Narrow(test, true);
    const bool may_fail = other.words[word].Member(limits_.steps).has_value();
    const bool may_hold = state.words[word].Member(limits_.steps).has_value();
    if (limits_.steps == 0) return Fail(0, "the masks are too entangled");
    if (may_fail) {
      go(other, false);
      waiting_.push_back(std::move(other));
    }
    if (may_hold) go(state, true);
    return may_hold;
  }

  bool Instruct(State& state) {
    if (state.at >= code_.size()) {
      return Fail(code_.size(), "the end is reached without a return");
    }
    const size_t at = state.at++;
    const Instruction& in = code_[at];
    switch (in.code) {
      case BPF_RET | BPF_K:
        state.node = chain_.start();
        return true;
      case BPF_LD | BPF_W | BPF_ABS:
        if (Load(in.k, state.a)) return true;
        return Fail(at, "it looks at the instruction pointer");
      case BPF_ALU | BPF_AND | BPF_K:
        // A masked number would not be constant over an interval.
        if (!state.a.word) return Fail(at, "it masks the number");
        state.a.mask &= in.k;
        return true;
      case BPF_JMP | BPF_JA:
        state.at += in.k;
        return true;
      case BPF_JMP | BPF_JEQ | BPF_K:
      case BPF_JMP | BPF_JGE | BPF_K:
      case BPF_JMP | BPF_JGT | BPF_K:
      case BPF_JMP | BPF_JSET | BPF_K:
        if (state.a.word) return Branch(state, at);
        // The bit of x32 is constant where the numbers are cut (confirm.cc).
        if (BPF_OP(in.code) == BPF_JSET && in.k != model::kX32Bit) {
          return Fail(at, "it masks the number");
        }
        state.at += Compare(in, state.a.known) ? in.jt : in.jf;
        return true;
      default:
        return Fail(at, "this instruction cannot be followed");
    }
  }

  [[nodiscard]] bool Load(uint32_t offset, Accumulator& a) const {
    constexpr uint32_t kArgs = offsetof(seccomp_data, args);
    if (offset == offsetof(seccomp_data, nr)) {
      a = {.known = number_};
    } else if (offset == offsetof(seccomp_data, arch)) {
      a = {.known = arch_};
    } else if (offset >= kArgs && offset < sizeof(seccomp_data)) {
      a = {.word = (offset - kArgs) / 4};
    } else {
      return false;
    }
    return true;
  }

  static bool Compare(const Instruction& in, uint32_t a) {
    switch (BPF_OP(in.code)) {
      case BPF_JEQ:
        return a == in.k;
      case BPF_JGE:
        return a >= in.k;
      case BPF_JGT:
        return a > in.k;
      default:
        return (a & in.k) != 0;
    }
  }

  // The jump at `at` tests an argument word.
  bool Branch(State& state, size_t at) {
    const Instruction& in = code_[at];
    const uint16_t op = BPF_OP(in.code);
    const uint32_t mask = state.a.mask;
    if ((op == BPF_JGE || op == BPF_JGT) && mask != UINT32_MAX) {
      return Fail(at, "it orders a masked argument");
    }
    if (op == BPF_JGT && in.k == UINT32_MAX) {
      state.at += in.jf;
      return true;
    }
    const WordTest test = op == BPF_JGE   ? AtLeast(in.k)
                          : op == BPF_JGT ? AtLeast(in.k + 1)
                          : op == BPF_JEQ ? Masked(mask, in.k)
                                          : Masked(mask & in.k, 0);
    return Split(state, *state.a.word, test, [&](State& to, bool holds) {
      // JSET jumps where the masked word is not 0.
      to.at += (op == BPF_JSET ? !holds : holds) ? in.jt : in.jf;
    });
  }

  bool Arrive(const State& state) {
    if (limits_.cases == 0) return Fail(0, "there are too many cases");
    --limits_.cases;
    model::Call call{.number = number_, .arch = arch_};
    for (size_t arg = 0; arg < call.args.size(); ++arg) {
      const auto low = state.words[2 * arg].Member(limits_.steps);
      const auto high = state.words[2 * arg + 1].Member(limits_.steps);
      if (limits_.steps == 0) return Fail(0, "the masks are too entangled");
      Check(low && high, "evaluate: an impossible case was reached");
      call.args[arg] = uint64_t{*high} << 32 | *low;
    }
    if (!visit_(call)) over_ = true;
    return false;
  }

  std::span<const Instruction> code_;
  uint32_t arch_;
  uint32_t number_;
  Chain chain_;
  CaseLimits& limits_;
  const Visit& visit_;
  std::vector<State> waiting_;
  bool over_ = false;
  std::optional<Malformed> failure_;
};

}  // namespace

std::expected<void, Malformed> ForEachCase(
    std::span<const Instruction> code, uint32_t arch, uint32_t number,
    std::span<const model::Clause> clauses, CaseLimits& limits,
    const std::function<bool(const model::Call&)>& visit) {
  return Walk(code, arch, number, clauses, limits, visit).Run();
}

}  // namespace ringfence::evaluate
