// The Prover, the claim as one formula, evaluate::Confirm, and another solver:
// they must agree.
#include <gtest/gtest.h>

#include <array>

#include "cli/child.h"
#include "differential/random_policy.h"
#include "evaluate/confirm.h"
#include "prove/claims.h"
#include "prove/shipped.h"
#include "prove/whole.h"

namespace ringfence::prove {
namespace {

using bpf::Instruction;

bool IsProved(const model::SeccompPolicy& policy,
              std::span<const Instruction> code) {
  Prover prover;
  const Judgement judgement = ProveFilter(prover, policy, code);
  EXPECT_FALSE(std::holds_alternative<Undecided>(judgement));
  return std::holds_alternative<Proved>(judgement);
}

TEST(Whole, AgreesOnTheShippedLevels) {
  for (const char* name : kShippedLevels) {
    for (const model::SeccompPolicy& policy : ShippedLevel(name).seccomp) {
      const auto program = compile::CompileSeccomp(policy).value();
      const auto whole = HoldsAsAWhole(policy, program.code());
      ASSERT_TRUE(whole.has_value()) << whole.error().why;
      EXPECT_TRUE(*whole) << name;
    }
  }
}

// Random policies, and their programs with one bit of one instruction flipped.
TEST(Whole, AgreesOnRandomPoliciesAndTheirMutants) {
  RandomPolicy random(20264);
  size_t refuted = 0;
  for (int round = 0; round < 60; ++round) {
    const auto policy = random.Policy(std::array{1u, 2u, 39u, 300u}, 3);
    const auto program = compile::CompileSeccomp(policy);
    if (!program) continue;
    std::vector<Instruction> code(program->code().begin(),
                                  program->code().end());
    EXPECT_TRUE(IsProved(policy, code));
    EXPECT_TRUE(HoldsAsAWhole(policy, code).value());
    Instruction& in = code[random.Below(code.size())];
    in.k ^= 1u << random.Below(32);
    if (!bpf::Accepts(code)) continue;
    const bool proved = IsProved(policy, code);
    EXPECT_EQ(HoldsAsAWhole(policy, code).value(), proved) << round;
    refuted += proved ? 0 : 1;
  }
  EXPECT_GT(refuted, 20u);
}

std::string Cvc5Says(const std::string& smt2) {
  const auto done =
      cli::RunChild({"cvc5", "--lang=smt2", "--rlimit=50000000"}, smt2);
  if (!done) return done.error();
  return done->output + done->errors;
}

TEST(Cvc5, ProvesEveryQuestionOfEveryShippedLevel) {
  size_t asked = 0;
  for (const char* name : kShippedLevels) {
    for (const model::SeccompPolicy& policy : ShippedLevel(name).seccomp) {
      const auto program = compile::CompileSeccomp(policy).value();
      Prover prover;
      prover.OnQuestion([&](const Box& box, const std::string& smt2) {
        ++asked;
        EXPECT_EQ(Cvc5Says(smt2), "unsat\n") << name << box.number.first;
      });
      EXPECT_TRUE(std::holds_alternative<Proved>(
          ProveFilter(prover, policy, program.code())));
    }
  }
  EXPECT_GT(asked, 40u);
}

TEST(Cvc5, ProvesTheOrderOfTheShippedLevels) {
  size_t asked = 0;
  for (size_t inner = 1; inner < std::size(kShippedLevels); ++inner) {
    Prover prover;
    prover.OnQuestion([&](const Box& box, const std::string& smt2) {
      ++asked;
      EXPECT_EQ(Cvc5Says(smt2), "unsat\n") << box.number.first;
    });
    EXPECT_TRUE(std::holds_alternative<Proved>(
        ProveInside(prover, ShippedLevel(kShippedLevels[inner]).seccomp,
                    ShippedLevel(kShippedLevels[inner - 1]).seccomp)));
  }
  EXPECT_GT(asked, 0u);
}

TEST(Cvc5, RefutesAPlantedBug) {
  const auto level = ShippedLevel("critical");
  const model::SeccompPolicy& policy = level.seccomp.front();
  model::SeccompPolicy changed = policy;
  const auto socket =
      std::ranges::find(changed.calls, "socket", &model::CallPolicy::name);
  ASSERT_NE(socket, changed.calls.end());
  std::swap(socket->clauses.at(0).then, socket->otherwise);
  const auto program = compile::CompileSeccomp(changed).value();
  Prover prover;
  bool said = false;
  prover.OnQuestion([&](const Box&, const std::string& smt2) {
    said = Cvc5Says(smt2) == "sat\n";
  });
  EXPECT_TRUE(std::holds_alternative<Difference>(
      ProveFilter(prover, policy, program.code())));
  EXPECT_TRUE(said);
}

}  // namespace
}  // namespace ringfence::prove
