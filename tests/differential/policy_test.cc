// The same seeded random policies in three engines: their meaning, the compiled
// program in our evaluator, and the compiled program in the running kernel.
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <signal.h>
#include <sys/syscall.h>

#include <cerrno>
#include <vector>

#include "compile/seccomp.h"
#include "evaluate/confirm.h"
#include "evaluate/evaluate.h"
#include "kernel.h"
#include "random_policy.h"

namespace ringfence {
namespace {

using evaluate::Confirm;
using evaluate::Evaluate;
using evaluate::Gives;
using model::Action;
using model::Answer;
using model::CallPolicy;
using model::SeccompPolicy;

// Calls that take no argument and cannot fail, so that arguments are seen by
// the filter only and any errno is the filter's. In order of their numbers.
constexpr uint32_t kHarmless[] = {SYS_sched_yield, SYS_getpid,  SYS_getuid,
                                  SYS_getgid,      SYS_geteuid, SYS_getegid,
                                  SYS_getppid,     SYS_getpgrp, SYS_gettid};

// What a caller of the kernel sees, as errno; 0: the call was made. A
// notification without a listener is ENOSYS.
int Seen(const Answer& answer) {
  if (LetsPass(answer.action)) return 0;
  if (answer.action == Action::kExplain) return ENOSYS;
  return answer.action == Action::kQuiet ? answer.error : -1;
}

SeccompPolicy LivePolicy(RandomPolicy& random) {
  SeccompPolicy policy = random.Policy(kHarmless, 3);
  policy.calls.push_back({.number = SYS_exit_group,
                          .name = "exit_group",
                          .otherwise = model::kAllowed});
  return policy;
}

TEST(PolicyInKernel, MeaningEvaluatorAndKernelAgree) {
  RandomPolicy random(20260131);
  size_t denied = 0;
  size_t killed = 0;
  for (int round = 0; round < 2'000; ++round) {
    const SeccompPolicy policy = LivePolicy(random);
    const auto program = compile::CompileSeccomp(policy);
    ASSERT_TRUE(program.has_value());
    ASSERT_TRUE(Confirm(policy, *program).has_value());
    std::vector<LiveCall> calls;
    std::vector<LiveCall> deadly;
    std::vector<int> wanted;
    for (const CallPolicy& rule : policy.calls) {
      if (rule.number == SYS_exit_group) continue;
      for (int i = 0; i < 10; ++i) {
        const LiveCall live{rule.number, random.ArgsNear(rule)};
        const model::Call call{.number = live.number, .args = live.args};
        const Answer answer = Meaning(policy, call);
        const auto raw = Evaluate(program->code(), evaluate::ToData(call));
        ASSERT_TRUE(raw && Gives(*raw, answer));
        if (answer.action == Action::kKill) {
          deadly.push_back(live);
          continue;
        }
        calls.push_back(live);
        wanted.push_back(Seen(answer));
        denied += wanted.back() != 0;
      }
    }
    const LiveRun run = RunInKernel(program->code(), calls);
    ASSERT_EQ(run.refused, 0);
    ASSERT_EQ(run.signal, 0);
    ASSERT_EQ(run.results, wanted) << round;
    for (size_t i = 0; i < deadly.size(); i += 1 + deadly.size() / 3) {
      const LiveRun last = RunInKernel(program->code(), {&deadly[i], 1});
      ASSERT_EQ(last.signal, SIGSYS) << round;
      ++killed;
    }
  }
  EXPECT_GT(denied, 1000u);
  EXPECT_GT(killed, 100u);
}

TEST(PolicyInKernel, UnlistedNumbersAndX32) {
  RandomPolicy random(1);
  const SeccompPolicy policy = LivePolicy(random);
  const auto program = compile::CompileSeccomp(policy);
  ASSERT_TRUE(program.has_value());
  // Each takes the kernel's ENOSYS outside too; but getsid succeeds there.
  const LiveCall unlisted[] = {
      {SYS_getsid}, {1000}, {0x3FFFFFFF}, {0x80000000}};
  EXPECT_EQ(RunInKernel(program->code(), unlisted).results,
            (std::vector<int>{ENOSYS, ENOSYS, ENOSYS, ENOSYS}));
  for (const uint32_t number : {model::kX32Bit, model::kX32Bit | SYS_getpid,
                                0x7FFFFFFFu, 0xFFFFFFFFu}) {
    const LiveCall x32[] = {{number}};
    EXPECT_EQ(RunInKernel(program->code(), x32).signal, SIGSYS) << number;
  }
}

// The control: without a filter that says otherwise, all of them succeed.
TEST(PolicyInKernel, HarmlessCallsSucceed_WhereAllAreAllowed) {
  RandomPolicy random(2);
  const bpf::Instruction allow[] = {{BPF_RET | BPF_K, 0, 0, 0x7FFF0000}};
  std::vector<LiveCall> calls;
  for (const uint32_t number : kHarmless) {
    calls.push_back({number, random.Args()});
  }
  calls.push_back({SYS_getsid});
  EXPECT_EQ(RunInKernel(allow, calls).results,
            std::vector<int>(calls.size(), 0));
}

}  // namespace
}  // namespace ringfence
