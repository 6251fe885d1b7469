#include "compile/seccomp.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <ranges>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "compile/condition.h"
#include "compile/dispatch.h"
#include "compile/graph.h"
#include "compile/linearise.h"
#include "compile/simplify.h"

namespace ringfence::compile {
namespace {

using model::Action;
using model::Answer;
using model::CallPolicy;
using model::SeccompPolicy;

constexpr uint16_t kMaxErrno = 4095;  // the kernel cuts larger ones to this

bool HasValidError(const Answer& answer) {
  if (answer.action == Action::kTrace) return true;
  if (answer.action == Action::kQuiet) return answer.error <= kMaxErrno;
  if (answer.action != Action::kExplain) return answer.error == 0;
  return answer.error >= 1 && answer.error <= kMaxErrno;
}

uint32_t ReturnValue(const Answer& answer) {
  Check(HasValidError(answer), "seccomp: an answer with a wrong errno");
  switch (answer.action) {
    case Action::kAllow:
      return SECCOMP_RET_ALLOW;
    case Action::kLog:
      return SECCOMP_RET_LOG;
    case Action::kExplain:
    case Action::kNotify:
      return SECCOMP_RET_USER_NOTIF;
    case Action::kQuiet:
      return SECCOMP_RET_ERRNO | answer.error;
    case Action::kKill:
      return SECCOMP_RET_KILL_PROCESS;
    case Action::kKillThread:
      return SECCOMP_RET_KILL_THREAD;
    case Action::kTrap:
      return SECCOMP_RET_TRAP;
    case Action::kTrace:
      return SECCOMP_RET_TRACE | answer.error;
  }
  CheckFailed("seccomp: unknown action");
}

Graph::Id AddCall(Graph& graph, const CallPolicy& call) {
  Graph::Id next = graph.Return(ReturnValue(call.otherwise));
  for (const model::Clause& clause : std::views::reverse(call.clauses)) {
    const Graph::Id then = graph.Return(ReturnValue(clause.then));
    next = AddCondition(graph, clause.when, then, next);
  }
  return Simplify(graph, next);
}

Graph::Id AddPolicy(Graph& graph, const SeccompPolicy& policy) {
  const Graph::Id unlisted = graph.Return(ReturnValue(policy.unlisted));
  Ranges ranges(unlisted);
  uint32_t next = 0;
  for (const CallPolicy& call : policy.calls) {
    Check(call.number >= next,
          "seccomp: calls are not sorted, or one is twice");
    // No architecture has numbers up there; it keeps `next` from overflowing.
    Check(call.number < model::kX32Bit, "seccomp: no such call number");
    next = call.number + 1;
    ranges.Append(call.number, AddCall(graph, call));
    ranges.Append(next, unlisted);
  }
  if (policy.arch == model::kArchX86_64) {
    // x32 numbers come after every other, so no listed call meets this test.
    const Graph::Id kill = graph.Return(SECCOMP_RET_KILL_PROCESS);
    ranges.Append(next, graph.Branch(BPF_JSET, model::kX32Bit, kill, unlisted));
  }
  return graph.Load(offsetof(seccomp_data, nr), AddDispatch(graph, ranges));
}

CompileError TooBig(const SeccompPolicy& policy) {
  const auto tests = [](const CallPolicy& call) {
    size_t count = 0;
    for (const model::Clause& clause : call.clauses) {
      count += CountTests(clause.when);
    }
    return count;
  };
  const auto largest = std::ranges::max_element(policy.calls, {}, tests);
  std::string why = "the seccomp rules need more than " +
                    std::to_string(bpf::kMaxInstructions) +
                    " instructions, the most a kernel takes";
  if (largest == policy.calls.end()) return {std::move(why), {}};
  return {why + "; the largest rule is that of " + largest->name +
              ": write neighbouring values as a `range`, or test bits with "
              "`none_of`",
          largest->source};
}

}  // namespace

std::expected<bpf::Program, CompileError> CompileSeccomp(
    const SeccompPolicy& policy) {
  Graph graph;
  const auto tail = Linearise(graph, AddPolicy(graph, policy));
  // Not a part of the graph: it must be there, and first, even where every
  // number is killed anyway.
  std::vector<bpf::Instruction> code = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, arch)},
      {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, policy.arch},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS}};
  if (!tail || code.size() + tail->size() > bpf::kMaxInstructions) {
    return std::unexpected(TooBig(policy));
  }
  code.insert(code.end(), tail->begin(), tail->end());
  auto program = bpf::Program::FromInstructions(std::move(code), policy.arch);
  Check(program.has_value(), "seccomp: the emitted program is malformed");
  return *std::move(program);
}

}  // namespace ringfence::compile
