#include "prove/whole.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <z3++.h>

#include <optional>
#include <ranges>
#include <utility>
#include <vector>

#include "base/check.h"
#include "prove/outcome.h"

namespace ringfence::prove {
namespace {

using bpf::Instruction;
using model::Condition;

constexpr unsigned kWork = 400'000'000;

// Everything an instruction can change.
struct Machine {
  z3::expr reached;
  z3::expr a;
  z3::expr x;
  std::vector<z3::expr> scratch;
};

class Whole {
 public:
  explicit Whole(z3::context& z3)
      : z3_(z3),
        number_(z3.bv_const("nr", 32)),
        arch_(z3.bv_const("arch", 32)),
        pointer_(z3.bv_const("instruction_pointer", 64)) {
    for (char digit = '0'; digit < '6'; ++digit) {
      args_.push_back(z3.bv_const((std::string("arg") + digit).c_str(), 64));
    }
  }

  // The program returns something else than the policy says.
  z3::expr Differ(const model::SeccompPolicy& policy,
                  std::span<const Instruction> code) {
    return Returned(code) != Said(policy);
  }

 private:
  z3::expr Word(uint32_t value) const { return z3_.bv_val(value, 32); }

  z3::expr Loaded(uint32_t offset) const {
    if (offset == offsetof(seccomp_data, nr)) return number_;
    if (offset == offsetof(seccomp_data, arch)) return arch_;
    const size_t first = offsetof(seccomp_data, args);
    const z3::expr& whole =
        offset < first ? pointer_ : args_[(offset - first) / 8];
    return offset % 8 == 0 ? whole.extract(31, 0) : whole.extract(63, 32);
  }

  z3::expr Returned(std::span<const Instruction> code) {
    std::vector<std::optional<Machine>> machines(code.size() + 1);
    machines[0] = Machine{z3_.bool_val(true), Word(0), Word(0),
                          std::vector<z3::expr>(BPF_MEMWORDS, Word(0))};
    z3::expr result = Word(SECCOMP_RET_KILL_PROCESS);
    const auto end = [&](const z3::expr& reached, const z3::expr& value) {
      result = z3::ite(reached, value, result);
    };
    for (size_t at = 0; at < code.size(); ++at) {
      if (!machines[at]) continue;
      Machine now = *std::exchange(machines[at], std::nullopt);
      const Instruction& in = code[at];
      const z3::expr operand = BPF_SRC(in.code) == BPF_X ? now.x : Word(in.k);
      switch (BPF_CLASS(in.code)) {
        case BPF_RET:
          end(now.reached,
              BPF_RVAL(in.code) == BPF_A ? now.a : Word(OutcomeOf(in.k).raw));
          continue;
        case BPF_JMP: {
          if (BPF_OP(in.code) == BPF_JA) {
            Arrive(machines[at + 1 + in.k], now);
            continue;
          }
          const z3::expr taken = Taken(in.code, now.a, operand);
          Machine other = now;
          other.reached = now.reached && !taken;
          now.reached = now.reached && taken;
          Arrive(machines[at + 1 + in.jt], now);
          Arrive(machines[at + 1 + in.jf], other);
          continue;
        }
        case BPF_ALU:
          if (BPF_OP(in.code) == BPF_DIV) {
            end(now.reached && operand == Word(0), Word(OutcomeOf(0).raw));
            now.reached = now.reached && operand != Word(0);
          }
          now.a = Computed(in.code, now.a, operand);
          break;
        default:
          Move(in, now);
      }
      Arrive(machines[at + 1], now);
    }
    return result;
  }

  static void Arrive(std::optional<Machine>& at, const Machine& from) {
    if (!at) {
      at = from;
      return;
    }
    const auto merge = [&](z3::expr& into, const z3::expr& other) {
      if (!z3::eq(into, other)) into = z3::ite(from.reached, other, into);
    };
    merge(at->a, from.a);
    merge(at->x, from.x);
    for (size_t i = 0; i < at->scratch.size(); ++i) {
      merge(at->scratch[i], from.scratch[i]);
    }
    at->reached = at->reached || from.reached;
  }

  z3::expr Taken(uint16_t code, const z3::expr& a,
                 const z3::expr& operand) const {
    switch (BPF_OP(code)) {
      case BPF_JEQ:
        return a == operand;
      case BPF_JGT:
        return z3::ugt(a, operand);
      case BPF_JGE:
        return z3::uge(a, operand);
      default:
        return (a & operand) != Word(0);
    }
  }

  z3::expr Computed(uint16_t code, const z3::expr& a,
                    const z3::expr& operand) const {
    const z3::expr places = operand & Word(31);
    switch (BPF_OP(code)) {
      case BPF_ADD:
        return a + operand;
      case BPF_SUB:
        return a - operand;
      case BPF_MUL:
        return a * operand;
      case BPF_DIV:
        return z3::udiv(a, operand);
      case BPF_AND:
        return a & operand;
      case BPF_OR:
        return a | operand;
      case BPF_XOR:
        return a ^ operand;
      case BPF_LSH:
        return z3::shl(a, places);
      case BPF_RSH:
        return z3::lshr(a, places);
      default:
        return -a;
    }
  }

  void Move(const Instruction& in, Machine& now) const {
    const bool to_x = BPF_CLASS(in.code) == BPF_LDX;
    z3::expr& to = to_x ? now.x : now.a;
    switch (BPF_CLASS(in.code)) {
      case BPF_LD:
      case BPF_LDX:
        to = BPF_MODE(in.code) == BPF_ABS   ? Loaded(in.k)
             : BPF_MODE(in.code) == BPF_MEM ? now.scratch[in.k]
             : BPF_MODE(in.code) == BPF_LEN ? Word(sizeof(seccomp_data))
                                            : Word(in.k);
        break;
      case BPF_ST:
        now.scratch[in.k] = now.a;
        break;
      case BPF_STX:
        now.scratch[in.k] = now.x;
        break;
      default:
        if (BPF_MISCOP(in.code) == BPF_TAX) {
          now.x = now.a;
        } else {
          now.a = now.x;
        }
    }
  }

  z3::expr Said(const model::SeccompPolicy& policy) {
    const auto value = [&](const model::Answer& answer) {
      return Word(OutcomeOf(answer, Reading::kReturned).raw);
    };
    z3::expr said = value(policy.unlisted);
    for (const model::CallPolicy& call : policy.calls) {
      z3::expr answer = value(call.otherwise);
      for (const model::Clause& clause : std::views::reverse(call.clauses)) {
        answer = z3::ite(Holds(clause.when), value(clause.then), answer);
      }
      said = z3::ite(number_ == Word(call.number), answer, said);
    }
    const z3::expr kill = Word(SECCOMP_RET_KILL_PROCESS);
    if (policy.arch == model::kArchX86_64) {
      said = z3::ite((number_ & Word(model::kX32Bit)) != Word(0), kill, said);
    }
    return z3::ite(arch_ == Word(policy.arch), said, kill);
  }

  z3::expr Holds(const Condition& condition) {
    if (condition.kind == Condition::Kind::kTest) return Holds(condition.test);
    z3::expr_vector of(z3_);
    for (const Condition& part : condition.of) of.push_back(Holds(part));
    switch (condition.kind) {
      case Condition::Kind::kAll:
        return z3::mk_and(of);
      case Condition::Kind::kAny:
        return z3::mk_or(of);
      case Condition::Kind::kNot:
        return !of[0];
      case Condition::Kind::kTest:
        break;
    }
    CheckFailed("seccomp: unknown condition");
  }

  z3::expr Holds(const model::ArgTest& test) {
    // Everything in 64 bits: the upper half is masked away where the kernel
    // does not read it.
    const uint64_t width =
        test.width == model::Width::kLow32 ? uint64_t{UINT32_MAX} : UINT64_MAX;
    const bool at_least = test.relation == model::ArgTest::Relation::kAtLeast;
    const z3::expr value = z3_.bv_val(test.value, 64);
    if (at_least) {
      return z3::uge(args_[test.arg] & z3_.bv_val(width, 64), value);
    }
    return (args_[test.arg] & z3_.bv_val(width & test.mask, 64)) == value;
  }

  z3::context& z3_;
  z3::expr number_;
  z3::expr arch_;
  z3::expr pointer_;
  std::vector<z3::expr> args_;
};

}  // namespace

std::string WholeClaim(const model::SeccompPolicy& policy,
                       std::span<const Instruction> code) {
  z3::context z3;
  z3::solver solver(z3, "QF_BV");
  solver.add(Whole(z3).Differ(policy, code));
  return "(set-logic QF_BV)\n" + solver.to_smt2();
}

std::expected<bool, Undecided> HoldsAsAWhole(
    const model::SeccompPolicy& policy, std::span<const Instruction> code) {
  try {
    z3::context z3;
    z3::solver solver(z3, "QF_BV");
    z3::params params(z3);
    params.set("rlimit", kWork);
    params.set("random_seed", 0u);
    solver.set(params);
    solver.add(Whole(z3).Differ(policy, code));
    const z3::check_result result = solver.check();
    if (result == z3::unsat) return true;
    if (result == z3::sat) return false;
    return std::unexpected(
        Undecided{"Z3 gives up: " + solver.reason_unknown()});
  } catch (const z3::exception& error) {
    return std::unexpected(Undecided{std::string("Z3 fails: ") + error.msg()});
  }
}

}  // namespace ringfence::prove
