// What is proved of the profiles that ship, and that a planted bug is not.
#include "prove/claims.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/socket.h>

#include "prove/shipped.h"
#include "resolve/syscall_table.h"

namespace ringfence::prove {
namespace {

using model::Condition;

class ShippedFilter : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Levels, ShippedFilter,
                         testing::ValuesIn(kShippedLevels),
                         [](const auto& level) {
                           return std::string(level.param);
                         });

TEST_P(ShippedFilter, EqualsItsSource) {
  const auto level = ShippedLevel(GetParam());
  ASSERT_EQ(level.seccomp.size(), 2u);
  for (const model::SeccompPolicy& policy : level.seccomp) {
    const auto program = compile::CompileSeccomp(policy);
    ASSERT_TRUE(program.has_value());
    Prover prover;
    const Judgement judgement = ProveFilter(prover, policy, program->code());
    EXPECT_TRUE(std::holds_alternative<Proved>(judgement));
    EXPECT_GT(prover.effort().boxes, 300u);
    EXPECT_GT(prover.effort().questions, 0u);
  }
}

TEST(Order, OfTheShippedLevelsIsAChain) {
  std::vector<resolve::ResolvedLevel> levels;
  for (const char* name : kShippedLevels) levels.push_back(ShippedLevel(name));
  for (size_t outer = 0; outer < levels.size(); ++outer) {
    for (size_t inner = 0; inner < levels.size(); ++inner) {
      Prover prover;
      const Judgement judgement =
          ProveInside(prover, levels[inner].seccomp, levels[outer].seccomp);
      EXPECT_EQ(std::holds_alternative<Proved>(judgement), inner >= outer)
          << levels[inner].name << " in " << levels[outer].name;
      EXPECT_FALSE(std::holds_alternative<Undecided>(judgement));
    }
  }
}

model::SeccompPolicy SocketPolicy() {
  const auto family = [](uint64_t value) {
    return Condition{Condition::Kind::kTest,
                     {.arg = 0, .mask = UINT32_MAX, .value = value},
                     {}};
  };
  return {.arch = model::kArchX86_64,
          .calls = {{.number = 41,
                     .name = "socket",
                     .clauses = {{{Condition::Kind::kAny,
                                   {},
                                   {family(AF_UNIX), family(AF_INET)}},
                                  model::kAllowed,
                                  {}}},
                     .otherwise = {model::Action::kExplain, 1}}},
          .unlisted = {model::Action::kQuiet, 38}};
}

TEST(Refutation, IsTheSmallestCallThatShowsIt) {
  const model::SeccompPolicy policy = SocketPolicy();
  const auto program = compile::CompileSeccomp(policy);
  std::vector<bpf::Instruction> code(program->code().begin(),
                                     program->code().end());
  size_t changed = 0;
  for (bpf::Instruction& in : code) {
    if (in.code == (BPF_JMP | BPF_JEQ | BPF_K) && in.k == AF_INET) {
      in.k = AF_VSOCK;
      ++changed;
    }
  }
  ASSERT_EQ(changed, 1u);
  Prover prover;
  const auto found =
      prover.Compare(Subject::Policy(policy, Reading::kReturned),
                     Subject::One(code), Relation::kEqual, Search::kRegions);
  ASSERT_TRUE(found.has_value());
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ((*found)[0].call.args[0], uint64_t{AF_INET});
  EXPECT_EQ((*found)[0].first, OutcomeOf(SECCOMP_RET_ALLOW));
  EXPECT_EQ((*found)[0].second, OutcomeOf(SECCOMP_RET_USER_NOTIF));
  EXPECT_EQ((*found)[1].call.args[0], uint64_t{AF_VSOCK});
}

TEST(Undecided, WhenTheSolverHasNoWorkLeft) {
  // x * y == 4294967291 * 4294967279 mod 2^32 over two argument halves: more
  // than the work allowed here.
  const std::vector<bpf::Instruction> code = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, 16},
      {BPF_MISC | BPF_TAX, 0, 0, 0},
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, 24},
      {BPF_ALU | BPF_MUL | BPF_X, 0, 0, 0},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0x1234567},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS}};
  const std::vector<bpf::Instruction> kill = {
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS}};
  Prover prover(10);
  const auto found = prover.Compare(Subject::One(code), Subject::One(kill),
                                    Relation::kEqual, Search::kFirst);
  ASSERT_FALSE(found.has_value());
  EXPECT_NE(found.error().why.find("Z3 gives up"), std::string::npos);
}

TEST(Never, HoldsForWhatIsDeniedAndIsRefutedForWhatIsNot) {
  const auto level = ShippedLevel("untrusted");
  const model::SeccompPolicy& policy = level.seccomp.front();
  const auto number = [](const char* name) {
    return resolve::FindSyscall(model::kArchX86_64, name)->number;
  };
  Prover prover;
  EXPECT_TRUE(std::holds_alternative<Proved>(
      ProveNever(prover, policy, number("unshare"), model::Always())));
  EXPECT_TRUE(std::holds_alternative<Difference>(
      ProveNever(prover, policy, number("read"), model::Always())));
  const Condition new_user{Condition::Kind::kNot,
                           {},
                           {{Condition::Kind::kTest,
                             {.arg = 0,
                              .width = model::Width::kFull64,
                              .mask = CLONE_NEWUSER,
                              .value = 0},
                             {}}}};
  EXPECT_TRUE(std::holds_alternative<Proved>(
      ProveNever(prover, policy, number("clone"), new_user)));
  EXPECT_TRUE(std::holds_alternative<Difference>(
      ProveNever(prover, policy, number("clone"), model::Always())));
}

TEST(ProveFilter, RefusesWhatTheKernelWould) {
  const std::vector<bpf::Instruction> cut_short = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, 4}};
  Prover prover;
  EXPECT_TRUE(std::holds_alternative<Undecided>(
      ProveFilter(prover, SocketPolicy(), cut_short)));
}

}  // namespace
}  // namespace ringfence::prove
