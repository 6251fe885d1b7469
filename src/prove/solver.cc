#include "prove/solver.h"

#include <z3++.h>

#include <array>
#include <map>
#include <string>

#include "base/check.h"

namespace ringfence::prove {
namespace {

using evaluate::SeccompData;
using model::ArgTest;

// struct seccomp_data as variables.
struct Variables {
  z3::expr number;
  z3::expr arch;
  z3::expr instruction_pointer;
  std::vector<z3::expr> args;
};

Variables MakeVariables(z3::context& z3) {
  Variables v{.number = z3.bv_const("nr", 32),
              .arch = z3.bv_const("arch", 32),
              .instruction_pointer = z3.bv_const("instruction_pointer", 64),
              .args = {}};
  for (char digit = '0'; digit < '6'; ++digit) {
    v.args.push_back(z3.bv_const((std::string("arg") + digit).c_str(), 64));
  }
  return v;
}

// Decisions over one set of variables as formulas, each made once.
class Formulas {
 public:
  Formulas(z3::context& z3, const Decisions& all, Variables variables)
      : z3_(z3), all_(all), variables_(std::move(variables)) {}

  z3::expr TermOf(TermId id) {
    if (const auto at = terms_.find(id); at != terms_.end()) return at->second;
    z3::expr made = MakeTerm(all_.term(id));
    terms_.emplace(id, made);
    return made;
  }

  z3::expr TestOf(uint32_t index) {
    if (const auto at = tests_.find(index); at != tests_.end()) {
      return at->second;
    }
    const Test& test = all_.test(index);
    z3::expr made = std::holds_alternative<WordTest>(test)
                        ? MakeTest(std::get<WordTest>(test))
                        : MakeTest(std::get<ArgTest>(test));
    tests_.emplace(index, made);
    return made;
  }

  // Where the decision comes to `outcome`.
  z3::expr Reaches(NodeId root, Outcome outcome) {
    std::map<NodeId, z3::expr> reached;
    for (const NodeId id : all_.Below(root)) {
      const Node& node = all_.node(id);
      if (node.leaf) {
        reached.emplace(id, z3_.bool_val(node.outcome == outcome));
        continue;
      }
      reached.emplace(id, z3::ite(TestOf(node.test), reached.at(node.yes),
                                  reached.at(node.no)));
    }
    return reached.at(root);
  }

 private:
  z3::expr Word(uint32_t index) const {
    if (index == kNumberWord) return variables_.number;
    if (index == kArchWord) return variables_.arch;
    const z3::expr& whole = index < kFirstArgWord
                                ? variables_.instruction_pointer
                                : variables_.args[(index - kFirstArgWord) / 2];
    return index % 2 == 0 ? whole.extract(31, 0) : whole.extract(63, 32);
  }

  z3::expr MakeTerm(const Term& term) {
    if (term.op == Term::Op::kConstant) return z3_.bv_val(term.a, 32);
    if (term.op == Term::Op::kWord) return Word(term.a);
    const z3::expr a = TermOf(TermId{term.a});
    const z3::expr b = TermOf(TermId{term.b});
    switch (term.op) {
      case Term::Op::kAdd:
        return a + b;
      case Term::Op::kSub:
        return a - b;
      case Term::Op::kMul:
        return a * b;
      case Term::Op::kDiv:
        return z3::udiv(a, b);
      case Term::Op::kAnd:
        return a & b;
      case Term::Op::kOr:
        return a | b;
      case Term::Op::kXor:
        return a ^ b;
      case Term::Op::kLsh:
        return z3::shl(a, b & z3_.bv_val(31u, 32));
      case Term::Op::kRsh:
        return z3::lshr(a, b & z3_.bv_val(31u, 32));
      case Term::Op::kConstant:
      case Term::Op::kWord:
        break;
    }
    CheckFailed("prove: not an operation");
  }

  z3::expr MakeTest(const WordTest& test) {
    const z3::expr a = TermOf(test.a);
    const z3::expr b = TermOf(test.b);
    switch (test.kind) {
      case WordTest::Kind::kEqual:
        return a == b;
      case WordTest::Kind::kAtLeast:
        return z3::uge(a, b);  // operator>= is signed
      case WordTest::Kind::kAbove:
        return z3::ugt(a, b);
      case WordTest::Kind::kAnyBit:
        return (a & b) != z3_.bv_val(0u, 32);
    }
    CheckFailed("prove: unknown comparison");
  }

  // As model/seccomp.h defines it.
  z3::expr MakeTest(const ArgTest& test) {
    const unsigned bits = test.width == model::Width::kLow32 ? 32 : 64;
    const z3::expr& arg = variables_.args.at(test.arg);
    const z3::expr seen = bits == 32 ? arg.extract(31, 0) : arg;
    const auto constant = [&](uint64_t value) {
      return bits == 32 ? z3_.bv_val(static_cast<unsigned>(value), 32)
                        : z3_.bv_val(value, 64);
    };
    if (test.relation == ArgTest::Relation::kAtLeast) {
      return z3::uge(seen, constant(test.value));
    }
    return (seen & constant(test.mask)) == constant(test.value);
  }

  z3::context& z3_;
  const Decisions& all_;
  Variables variables_;
  std::map<TermId, z3::expr> terms_;
  std::map<uint32_t, z3::expr> tests_;
};

// A context is 17 MB of tables that Z3 fills before the first question, tens
// of milliseconds on a slow machine: one for all the solvers of a thread.
std::shared_ptr<z3::context> ContextOfThread() {
  thread_local const auto context = std::make_shared<z3::context>();
  return context;
}

}  // namespace

class Solver::Translation {
 public:
  Translation(const Decisions& all, unsigned work)
      : all_(all),
        work_(work),
        variables_(MakeVariables(z3_)),
        other_high_(z3_.bv_const("other_high", 32)),
        formulas_(z3_, all, variables_) {}

  // Every assertion of the question.
  z3::expr_vector Assertions(const Question& question) {
    z3::expr_vector all(z3_);
    AddRange(all, variables_.number, question.box.number);
    AddRange(all, variables_.arch, question.box.arch);
    Formulas twin(z3_, all_, Twin(question));
    Formulas& second = question.other_high ? twin : formulas_;
    z3::expr_vector any(z3_);
    std::map<Outcome, z3::expr> of_a;
    std::map<Outcome, z3::expr> of_b;
    for (const auto& [a, b] : question.pairs) {
      if (!of_a.contains(a)) {
        of_a.emplace(a, formulas_.Reaches(question.a, a));
      }
      if (!of_b.contains(b)) of_b.emplace(b, second.Reaches(question.b, b));
      any.push_back(of_a.at(a) && of_b.at(b));
    }
    all.push_back(z3::mk_or(any));
    for (const Region& region : question.excluded) {
      z3::expr_vector outside(z3_);
      for (const auto& [test, holds] : region) {
        const z3::expr literal = formulas_.TestOf(test);
        outside.push_back(holds ? !literal : literal);
      }
      all.push_back(z3::mk_or(outside));
    }
    return all;
  }

  z3::solver Make() {
    z3::solver solver(z3_, "QF_BV");
    z3::params params(z3_);
    params.set("rlimit", work_);
    params.set("random_seed", 0u);
    solver.set(params);
    return solver;
  }

  std::expected<std::optional<Found>, Undecided> Find(
      const Question& question) {
    z3::solver solver = Make();
    for (const z3::expr& assertion : Assertions(question)) {
      solver.add(assertion);
    }
    const z3::check_result result = solver.check();
    if (result == z3::unsat) return std::nullopt;
    if (result == z3::unknown) {
      return std::unexpected(
          Undecided{"Z3 gives up: " + solver.reason_unknown()});
    }
    const z3::model model = Minimise(solver, question);
    return Found{.call = CallIn(model, variables_),
                 .other = CallIn(model, Twin(question))};
  }

 private:
  void AddRange(z3::expr_vector& to, const z3::expr& variable,
                const Interval& range) {
    if (range.IsOne()) {
      to.push_back(variable == z3_.bv_val(range.first, 32));
      return;
    }
    if (range.first != 0) {
      to.push_back(z3::uge(variable, z3_.bv_val(range.first, 32)));
    }
    if (range.last != UINT32_MAX) {
      to.push_back(z3::ule(variable, z3_.bv_val(range.last, 32)));
    }
  }

  // The same call with an upper half of its own for one argument.
  Variables Twin(const Question& question) {
    Variables twin = variables_;
    if (question.other_high) {
      z3::expr& arg = twin.args.at(*question.other_high);
      arg = z3::concat(other_high_, arg.extract(31, 0));
    }
    return twin;
  }

  static uint64_t ValueIn(const z3::model& model, const z3::expr& variable) {
    return model.eval(variable, true).get_numeral_uint64();
  }

  static SeccompData CallIn(const z3::model& model, const Variables& v) {
    SeccompData data{
        .nr = static_cast<uint32_t>(ValueIn(model, v.number)),
        .arch = static_cast<uint32_t>(ValueIn(model, v.arch)),
        .instruction_pointer = ValueIn(model, v.instruction_pointer),
        .args = {}};
    for (size_t i = 0; i < data.args.size(); ++i) {
      data.args[i] = ValueIn(model, v.args[i]);
    }
    return data;
  }

  // Fixes one variable after another to 0, or clears its bits from the top,
  // as long as a call is left. `solver` keeps what was fixed, and its model.
  z3::model Minimise(z3::solver& solver, const Question& question) {
    std::vector<z3::expr> order = {variables_.instruction_pointer};
    if (question.other_high) order.push_back(other_high_);
    for (size_t i = variables_.args.size(); i-- > 0;) {
      order.push_back(variables_.args[i]);
    }
    order.push_back(variables_.number);
    order.push_back(variables_.arch);
    const auto try_to = [&](const z3::expr& constraint) {
      solver.push();
      solver.add(constraint);
      if (solver.check() == z3::sat) return true;
      solver.pop();
      return false;
    };
    for (const z3::expr& variable : order) {
      const unsigned bits = variable.get_sort().bv_size();
      if (try_to(variable == z3_.bv_val(0u, bits))) continue;
      for (unsigned bit = bits; bit-- > 0;) {
        Check(solver.check() == z3::sat, "prove: a model was lost");
        const uint64_t value = ValueIn(solver.get_model(), variable);
        const z3::expr at = variable.extract(bit, bit);
        if ((value >> bit & 1) == 0) {
          solver.add(at == z3_.bv_val(0u, 1));
        } else if (!try_to(at == z3_.bv_val(0u, 1))) {
          solver.add(at == z3_.bv_val(1u, 1));
        }
      }
      Check(solver.check() == z3::sat, "prove: a model was lost");
      const uint64_t value = ValueIn(solver.get_model(), variable);
      solver.add(variable == z3_.bv_val(value, bits));
    }
    Check(solver.check() == z3::sat, "prove: a model was lost");
    return solver.get_model();
  }

  // A solver may outlive its thread's own reference.
  std::shared_ptr<z3::context> context_ = ContextOfThread();
  z3::context& z3_ = *context_;
  const Decisions& all_;
  unsigned work_;
  Variables variables_;
  z3::expr other_high_;
  Formulas formulas_;
};

Solver::Solver(const Decisions& all, unsigned work) : all_(all), work_(work) {}
Solver::~Solver() = default;
Solver::Solver(Solver&&) noexcept = default;

Solver::Translation& Solver::Translated() {
  if (!translation_) translation_ = std::make_unique<Translation>(all_, work_);
  return *translation_;
}

std::expected<std::optional<Found>, Undecided> Solver::Find(
    const Question& question) {
  try {
    return Translated().Find(question);
  } catch (const z3::exception& error) {
    return std::unexpected(Undecided{std::string("Z3 fails: ") + error.msg()});
  }
}

std::string Solver::ToSmt2(const Question& question) {
  z3::solver solver = Translated().Make();
  for (const z3::expr& assertion : Translated().Assertions(question)) {
    solver.add(assertion);
  }
  return "(set-logic QF_BV)\n" + solver.to_smt2();
}

}  // namespace ringfence::prove
