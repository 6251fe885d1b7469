#include <linux/filter.h>
#include <linux/seccomp.h>

#include <array>
#include <bit>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"
#include "prove/reduce.h"

namespace ringfence::prove {
namespace {

using bpf::Instruction;

// One program may lead to so many different states; more is undecided.
constexpr size_t kMaxStates = size_t{1} << 16;
// Numbers masked with high bits are cut into at most so many boxes.
constexpr uint32_t kMaxBlocks = 16;
constexpr uint32_t kMaxTermSize = 4096;

constexpr size_t kAccumulator = 0;
constexpr size_t kIndex = 1;
constexpr size_t kScratch = 2;
constexpr size_t kRegisters = kScratch + BPF_MEMWORDS;
using Registers = std::array<TermId, kRegisters>;

// Which registers an instruction reads, as bits.
uint32_t ReadBy(const Instruction& in) {
  constexpr uint32_t kA = 1u << kAccumulator;
  constexpr uint32_t kX = 1u << kIndex;
  switch (BPF_CLASS(in.code)) {
    case BPF_LD:
    case BPF_LDX:
      return BPF_MODE(in.code) == BPF_MEM ? 1u << (kScratch + in.k) : 0;
    case BPF_ST:
      return kA;
    case BPF_STX:
      return kX;
    case BPF_ALU:
      return BPF_SRC(in.code) == BPF_X && BPF_OP(in.code) != BPF_NEG ? kA | kX
                                                                     : kA;
    case BPF_JMP:
      if (BPF_OP(in.code) == BPF_JA) return 0;
      return BPF_SRC(in.code) == BPF_X ? kA | kX : kA;
    case BPF_RET:
      return BPF_RVAL(in.code) == BPF_A ? kA : 0;
    default:
      return BPF_MISCOP(in.code) == BPF_TAX ? kA : kX;
  }
}

// Which register it writes.
std::optional<size_t> WrittenBy(const Instruction& in) {
  switch (BPF_CLASS(in.code)) {
    case BPF_LD:
    case BPF_ALU:
      return kAccumulator;
    case BPF_LDX:
      return kIndex;
    case BPF_ST:
    case BPF_STX:
      return kScratch + in.k;
    case BPF_JMP:
    case BPF_RET:
      return std::nullopt;
    default:
      return BPF_MISCOP(in.code) == BPF_TAX ? kIndex : kAccumulator;
  }
}

// For each instruction, the registers that it or what follows still reads. All
// jumps go forward, so one pass from the end is enough.
std::vector<uint32_t> LiveRegisters(std::span<const Instruction> code) {
  std::vector<uint32_t> live(code.size() + 1, 0);
  for (size_t at = code.size(); at-- > 0;) {
    const Instruction& in = code[at];
    uint32_t after = live[at + 1];
    if (in.code == (BPF_JMP | BPF_JA)) {
      after = live[at + 1 + in.k];
    } else if (BPF_CLASS(in.code) == BPF_JMP) {
      after = live[at + 1 + in.jt] | live[at + 1 + in.jf];
    } else if (BPF_CLASS(in.code) == BPF_RET) {
      after = 0;
    }
    if (const auto written = WrittenBy(in)) after &= ~(1u << *written);
    live[at] = after | ReadBy(in);
  }
  return live;
}

std::optional<Term::Op> Operation(uint16_t code) {
  switch (BPF_OP(code)) {
    case BPF_ADD:
      return Term::Op::kAdd;
    case BPF_SUB:
      return Term::Op::kSub;
    case BPF_MUL:
      return Term::Op::kMul;
    case BPF_DIV:
      return Term::Op::kDiv;
    case BPF_AND:
      return Term::Op::kAnd;
    case BPF_OR:
      return Term::Op::kOr;
    case BPF_XOR:
      return Term::Op::kXor;
    case BPF_LSH:
      return Term::Op::kLsh;
    case BPF_RSH:
      return Term::Op::kRsh;
    default:
      return std::nullopt;
  }
}

WordTest::Kind Comparison(uint16_t code) {
  switch (BPF_OP(code)) {
    case BPF_JEQ:
      return WordTest::Kind::kEqual;
    case BPF_JGE:
      return WordTest::Kind::kAtLeast;
    case BPF_JGT:
      return WordTest::Kind::kAbove;
    default:
      return WordTest::Kind::kAnyBit;
  }
}

// How a comparison of an interval with a constant comes out: the same for all
// of it, cut there, or neither.
struct Verdict {
  std::optional<bool> outcome;
  std::optional<uint32_t> cut;
};

Verdict OverInterval(WordTest::Kind kind, const Interval& range, uint32_t k) {
  switch (kind) {
    case WordTest::Kind::kEqual:
      if (!range.Has(k)) return {false, std::nullopt};
      return {std::nullopt, range.first == k ? k + 1 : k};
    case WordTest::Kind::kAtLeast:
      if (range.first >= k) return {true, std::nullopt};
      if (range.last < k) return {false, std::nullopt};
      return {std::nullopt, k};
    case WordTest::Kind::kAbove:
      if (range.first > k) return {true, std::nullopt};
      if (range.last <= k) return {false, std::nullopt};
      return {std::nullopt, k + 1};
    case WordTest::Kind::kAnyBit: {
      if (k == 0) return {false, std::nullopt};
      // Numbers that agree above the lowest bit of the mask agree on it.
      const int lowest = std::countr_zero(k);
      const uint32_t first = range.first >> lowest;
      const uint32_t last = range.last >> lowest;
      if (first == last) {
        return {(range.first & k) != 0, std::nullopt};
      }
      if (last - first < kMaxBlocks) {
        return {std::nullopt, (first + 1) << lowest};
      }
      return {};
    }
  }
  CheckFailed("prove: unknown comparison");
}

class Walk {
 public:
  Walk(Decisions& all, std::span<const Instruction> code, const Box& box,
       std::vector<bool>* reached)
      : all_(all), code_(code), box_(box), reached_(reached) {}

  std::expected<NodeId, Stop> Run() {
    Registers start;
    start.fill(all_.Constant(0));
    return From(0, start);
  }

 private:
  using Found = std::expected<NodeId, Stop>;

  static std::unexpected<Stop> Fail(const char* why) {
    return std::unexpected<Stop>(Undecided{why});
  }

  TermId Load(uint32_t offset) {
    const uint32_t word = offset / 4;
    if (word == kNumberWord && box_.number.IsOne()) {
      return all_.Constant(box_.number.first);
    }
    if (word == kArchWord && box_.arch.IsOne()) {
      return all_.Constant(box_.arch.first);
    }
    return all_.Word(word);
  }

  // Follows the program from `at` to its returns.
  Found From(size_t at, Registers registers) {
    for (; at < code_.size(); ++at) {
      const Instruction& in = code_[at];
      if (reached_ != nullptr) (*reached_)[at] = true;
      switch (BPF_CLASS(in.code)) {
        case BPF_RET:
          return Return(in, registers);
        case BPF_JMP:
          if (in.code == (BPF_JMP | BPF_JA)) {
            at += in.k;
            break;
          } else {
            const auto known = Decide(in, registers);
            if (!known) return std::unexpected(known.error());
            if (!*known) return Fork(at, registers);
            at += **known ? in.jt : in.jf;
            break;
          }
        case BPF_ALU:
          if (BPF_OP(in.code) == BPF_DIV && BPF_SRC(in.code) == BPF_X) {
            return Divide(at, registers);
          }
          registers[kAccumulator] = Compute(in, registers);
          if (all_.Size(registers[kAccumulator]) > kMaxTermSize) {
            return Fail("a value is computed in too many steps");
          }
          break;
        default:
          Move(in, registers);
      }
    }
    return Fail("the end is reached without a return");
  }

  Found Return(const Instruction& in, const Registers& registers) {
    if (BPF_RVAL(in.code) == BPF_K) return all_.Leaf(OutcomeOf(in.k));
    const auto known = all_.Known(registers[kAccumulator]);
    if (known) return all_.Leaf(OutcomeOf(*known));
    return Fail("it returns a value computed from the call");
  }

  TermId Operand(const Instruction& in, const Registers& registers) {
    return BPF_SRC(in.code) == BPF_X ? registers[kIndex] : all_.Constant(in.k);
  }

  TermId Compute(const Instruction& in, const Registers& registers) {
    const TermId a = registers[kAccumulator];
    if (BPF_OP(in.code) == BPF_NEG) {
      return all_.Compute(Term::Op::kSub, all_.Constant(0), a);
    }
    const auto op = Operation(in.code);
    Check(op.has_value(), "prove: an instruction that seccomp does not have");
    return all_.Compute(*op, a, Operand(in, registers));
  }

  void Move(const Instruction& in, Registers& registers) {
    const size_t to = *WrittenBy(in);
    const uint16_t mode = BPF_MODE(in.code);
    switch (BPF_CLASS(in.code)) {
      case BPF_LD:
      case BPF_LDX:
        registers[to] = mode == BPF_ABS   ? Load(in.k)
                        : mode == BPF_MEM ? registers[kScratch + in.k]
                        : mode == BPF_LEN ? all_.Constant(sizeof(seccomp_data))
                                          : all_.Constant(in.k);
        break;
      case BPF_ST:
        registers[to] = registers[kAccumulator];
        break;
      case BPF_STX:
        registers[to] = registers[kIndex];
        break;
      default:
        registers[to] = registers[to == kIndex ? kAccumulator : kIndex];
    }
  }

  // Whether the jump is taken; nothing: that depends on the call.
  std::expected<std::optional<bool>, Stop> Decide(const Instruction& in,
                                                  const Registers& registers) {
    const TermId a = registers[kAccumulator];
    const auto right = all_.Known(Operand(in, registers));
    const WordTest::Kind kind = Comparison(in.code);
    const Term& left = all_.term(a);
    if (right && left.op == Term::Op::kConstant) {
      // An interval of one value is always decided.
      return Compare(kind, left.a, *right);
    }
    const bool is_number = left.op == Term::Op::kWord && left.a == kNumberWord;
    const bool is_arch = left.op == Term::Op::kWord && left.a == kArchWord;
    if (!right || (!is_number && !is_arch)) return std::nullopt;
    const Verdict verdict =
        OverInterval(kind, is_arch ? box_.arch : box_.number, *right);
    if (verdict.cut) return std::unexpected(Cut{is_arch, *verdict.cut});
    return verdict.outcome;
  }

  Found Fork(size_t at, const Registers& registers) {
    const Instruction& in = code_[at];
    const WordTest test{Comparison(in.code), registers[kAccumulator],
                        Operand(in, registers)};
    return Meet(at, registers, [&]() -> Found {
      const Found yes = From(at + 1 + in.jt, registers);
      if (!yes) return yes;
      const Found no = From(at + 1 + in.jf, registers);
      if (!no) return no;
      return all_.Split(test, *yes, *no);
    });
  }

  // The kernel ends a program that divides by zero; it returns 0.
  Found Divide(size_t at, Registers registers) {
    const Registers before = registers;
    const WordTest test{WordTest::Kind::kEqual, before[kIndex],
                        all_.Constant(0)};
    const auto known = all_.Known(before[kIndex]);
    if (known && *known == 0) return all_.Leaf(OutcomeOf(0));
    registers[kAccumulator] =
        all_.Compute(Term::Op::kDiv, before[kAccumulator], before[kIndex]);
    return Meet(at, before, [&]() -> Found {
      const Found rest = From(at + 1, registers);
      if (!rest) return rest;
      return all_.Split(test, all_.Leaf(OutcomeOf(0)), *rest);
    });
  }

  // What `make` finds for the state at `at`, found once. Registers that are
  // never read again do not tell states apart.
  template <typename Make>
  Found Meet(size_t at, Registers registers, const Make& make) {
    if (live_.empty()) live_ = LiveRegisters(code_);
    for (size_t i = 0; i < kRegisters; ++i) {
      if ((live_[at] >> i & 1) == 0) registers[i] = all_.Constant(0);
    }
    const auto key = std::pair(at, registers);
    if (const auto found = met_.find(key); found != met_.end()) {
      return found->second;
    }
    if (met_.size() >= kMaxStates) return Fail("it has too many states");
    const Found made = make();
    if (made) met_.emplace(key, *made);
    return made;
  }

  Decisions& all_;
  std::span<const Instruction> code_;
  Box box_;
  std::vector<bool>* reached_;
  std::vector<uint32_t> live_;  // empty: not asked for yet
  std::map<std::pair<size_t, Registers>, NodeId> met_;
};

}  // namespace

std::expected<NodeId, Stop> ReduceProgram(Decisions& all,
                                          std::span<const Instruction> code,
                                          const Box& box,
                                          std::vector<bool>* reached) {
  return Walk(all, code, box, reached).Run();
}

}  // namespace ringfence::prove
