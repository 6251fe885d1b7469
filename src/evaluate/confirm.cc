#include "evaluate/confirm.h"

#include <linux/filter.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "evaluate/cases.h"
#include "evaluate/disassemble.h"
#include "evaluate/evaluate.h"

namespace ringfence::evaluate {
namespace {

using model::Answer;
using model::Call;
using model::SeccompPolicy;

// The smallest number of every piece in which all compares with constants of
// the program come out alike. Constants that are compared with something else
// only cut finer.
std::set<uint32_t> Pieces(std::span<const bpf::Instruction> code) {
  std::set<uint32_t> firsts = {0};
  for (const bpf::Instruction& in : code) {
    if (BPF_CLASS(in.code) != BPF_JMP || in.code == (BPF_JMP | BPF_JA)) {
      continue;
    }
    firsts.insert(in.k);
    if (in.k != UINT32_MAX) firsts.insert(in.k + 1);
  }
  return firsts;
}

std::vector<uint32_t> Numbers(const SeccompPolicy& policy,
                              std::span<const bpf::Instruction> code) {
  std::set<uint32_t> firsts = Pieces(code);
  for (const model::CallPolicy& call : policy.calls) {
    firsts.insert(call.number);
    if (call.number != UINT32_MAX) firsts.insert(call.number + 1);
  }
  // Where bit 30, the mark of x32, changes.
  for (uint32_t i = 1; i < 4; ++i) firsts.insert(i * model::kX32Bit);
  return {firsts.begin(), firsts.end()};
}

// What the policy and the program say of one call, if it is not the same.
std::optional<Disagreement> Compare(const SeccompPolicy& policy,
                                    const bpf::Program& program,
                                    const Call& call) {
  const Answer wanted = Meaning(policy, call);
  const auto raw = Evaluate(program.code(), ToData(call));
  if (raw && Gives(*raw, wanted)) return std::nullopt;
  const model::CallPolicy* rule = Find(policy, call.number);
  return Disagreement{
      .why = raw ? "the program answers otherwise than the policy"
                 : raw.error().why,
      .call = call,
      .name = rule ? rule->name : "",
      .wanted = wanted,
      .returned = raw ? std::optional(*raw) : std::nullopt,
      .source = rule ? rule->source : model::Source{}};
}

std::optional<Disagreement> CompareNumber(const SeccompPolicy& policy,
                                          const bpf::Program& program,
                                          uint32_t number, CaseLimits& limits) {
  const model::CallPolicy* rule = Find(policy, number);
  std::optional<Disagreement> found;
  const auto done = ForEachCase(
      program.code(), policy.arch, number,
      rule ? std::span(rule->clauses) : std::span<const model::Clause>(),
      limits, [&](const Call& call) {
        found = Compare(policy, program, call);
        return !found;
      });
  if (found || done) return found;
  return Disagreement{.why = done.error().why,
                      .call = {.number = number, .arch = policy.arch},
                      .name = rule ? rule->name : "",
                      .wanted = rule ? rule->otherwise : policy.unlisted,
                      .returned = std::nullopt,
                      .source = rule ? rule->source : model::Source{}};
}

std::string AnswerText(const Answer& answer) {
  switch (answer.action) {
    case model::Action::kAllow:
      return "allow";
    case model::Action::kLog:
      return "log";
    case model::Action::kExplain:
    case model::Action::kNotify:
      return "notify";
    case model::Action::kQuiet:
      return "errno " + std::to_string(answer.error);
    case model::Action::kKill:
      return "kill process";
    case model::Action::kKillThread:
      return "kill thread";
    case model::Action::kTrap:
      return "trap";
    case model::Action::kTrace:
      return "trace " + std::to_string(answer.error);
  }
  return "";
}

}  // namespace

std::expected<Confirmed, Disagreement> Confirm(const SeccompPolicy& policy,
                                               bpf::Program program) {
  // bpf::Program compares the architecture before it looks at anything else,
  // so one call stands for all calls of another architecture.
  for (const uint32_t arch : Pieces(program.code())) {
    if (arch == policy.arch) continue;
    if (auto found = Compare(policy, program, {.number = 0, .arch = arch})) {
      return std::unexpected(*std::move(found));
    }
  }
  CaseLimits limits;
  for (const uint32_t number : Numbers(policy, program.code())) {
    if (auto found = CompareNumber(policy, program, number, limits)) {
      return std::unexpected(*std::move(found));
    }
  }
  return Confirmed(std::move(program));
}

std::string Describe(const Disagreement& disagreement) {
  std::string text = disagreement.name.empty()
                         ? std::to_string(disagreement.call.number)
                         : disagreement.name;
  char separator = '(';
  for (const uint64_t arg : disagreement.call.args) {
    text += separator;
    text += std::to_string(arg);
    separator = ',';
  }
  text += "): the policy says " + AnswerText(disagreement.wanted);
  text += disagreement.returned
              ? ", the program " + ReturnText(*disagreement.returned)
              : std::string(", the program could not be judged: ") +
                    disagreement.why;
  if (disagreement.source.line != 0) {
    text += " (" + disagreement.source.file + ":" +
            std::to_string(disagreement.source.line) + ")";
  }
  return text;
}

}  // namespace ringfence::evaluate
