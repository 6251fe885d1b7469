// Planted bugs: every constant, jump and action of the shipped filters flipped.
//
// A mutant that differs in meaning must be refuted by a call that the
// evaluator answers otherwise than the profile says; one that does not must be
// proved equal; none may stay open. evaluate::Confirm, another method, has to
// agree wherever it can follow the mutant.
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstdio>
#include <set>

#include "evaluate/confirm.h"
#include "prove/claims.h"
#include "prove/shipped.h"

namespace ringfence::prove {
namespace {

using bpf::Instruction;
using Code = std::vector<Instruction>;

struct Counts {
  size_t refuted = 0;
  size_t equal = 0;
  size_t malformed = 0;  // the kernel would refuse it
};

std::set<uint32_t> ConstantsNear(const Instruction& in) {
  std::set<uint32_t> near = {in.k + 1,  in.k - 1,           0,
                             in.k ^ 1u, in.k ^ 0x40000000u, in.k ^ 0x80000000u};
  if (BPF_CLASS(in.code) == BPF_LD) near = {in.k + 4, in.k - 4, 0, 4};
  if (BPF_CLASS(in.code) == BPF_RET) {
    near.insert({SECCOMP_RET_ALLOW, SECCOMP_RET_LOG, SECCOMP_RET_USER_NOTIF,
                 SECCOMP_RET_ERRNO | 1, SECCOMP_RET_ERRNO | 38,
                 SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_PROCESS});
  }
  near.erase(in.k);
  return near;
}

std::vector<Instruction> MutantsOf(const Instruction& in) {
  std::vector<Instruction> mutants;
  const auto add = [&](Instruction mutant) {
    if (mutant != in) mutants.push_back(mutant);
  };
  for (const uint32_t k : ConstantsNear(in)) add({in.code, in.jt, in.jf, k});
  if (BPF_CLASS(in.code) != BPF_JMP || BPF_OP(in.code) == BPF_JA) {
    return mutants;
  }
  add({in.code, in.jf, in.jt, in.k});
  for (const int by : {-1, 1}) {
    add({in.code, static_cast<uint8_t>(in.jt + by), in.jf, in.k});
    add({in.code, in.jt, static_cast<uint8_t>(in.jf + by), in.k});
  }
  for (const int op : {BPF_JEQ, BPF_JGE, BPF_JGT, BPF_JSET}) {
    add({static_cast<uint16_t>(BPF_JMP | op | BPF_K), in.jt, in.jf, in.k});
  }
  return mutants;
}

// With every returned value as the kernel understands it: ALLOW with data is
// ALLOW.
Code Canonical(Code code) {
  for (Instruction& in : code) {
    if (in.code == (BPF_RET | BPF_K)) in.k = OutcomeOf(in.k).raw;
  }
  return code;
}

// What the other method says; nothing: it cannot follow the mutant.
std::optional<bool> Confirmed(const model::SeccompPolicy& policy,
                              const Code& code) {
  auto program = bpf::Program::FromInstructions(Canonical(code), policy.arch);
  if (!program) return std::nullopt;
  const auto confirmed = evaluate::Confirm(policy, *std::move(program));
  if (confirmed) return true;
  if (confirmed.error().returned) return false;
  return std::nullopt;
}

void Try(Prover& prover, const model::SeccompPolicy& policy, const Code& code,
         Counts& counts) {
  if (!bpf::Accepts(code)) {
    ++counts.malformed;
    return;
  }
  const Judgement judgement = ProveFilter(prover, policy, code);
  ASSERT_FALSE(std::holds_alternative<Undecided>(judgement))
      << std::get<Undecided>(judgement).why;
  const bool equal = std::holds_alternative<Proved>(judgement);
  ++(equal ? counts.equal : counts.refuted);
  if (const auto other = Confirmed(policy, code)) {
    ASSERT_EQ(*other, equal);
  }
  if (equal) return;
  const auto& by = std::get<Difference>(judgement);
  const auto raw = evaluate::Evaluate(code, by.call);
  ASSERT_TRUE(raw.has_value());
  const model::Answer wanted = model::Meaning(
      policy,
      {.number = by.call.nr, .arch = by.call.arch, .args = by.call.args});
  EXPECT_FALSE(evaluate::Gives(*raw, wanted));
}

class Mutants : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Levels, Mutants, testing::ValuesIn(kShippedLevels),
                         [](const auto& level) {
                           return std::string(level.param);
                         });

TEST_P(Mutants, AreRefutedOrProvedEqual) {
  const auto level = ShippedLevel(GetParam());
  Counts counts;
  for (const model::SeccompPolicy& policy : level.seccomp) {
    const auto program = compile::CompileSeccomp(policy).value();
    const Code good(program.code().begin(), program.code().end());
    Prover prover;
    for (size_t at = 0; at < good.size(); ++at) {
      for (const Instruction& mutant : MutantsOf(good[at])) {
        Code code = good;
        code[at] = mutant;
        ASSERT_NO_FATAL_FAILURE(Try(prover, policy, code, counts))
            << "instruction " << at << " of " << std::hex << policy.arch;
      }
    }
  }
  std::printf(
      "%s: %zu mutants refuted, %zu equal in meaning, %zu that the "
      "kernel refuses, 0 undecided\n",
      GetParam(), counts.refuted, counts.equal, counts.malformed);
  EXPECT_GT(counts.refuted, 2000u);
  EXPECT_GT(counts.equal, 0u);
}

}  // namespace
}  // namespace ringfence::prove
