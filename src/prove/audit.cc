#include "prove/audit.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <set>

#include "prove/prover.h"
#include "prove/reduce.h"

namespace ringfence::prove {
namespace {

using evaluate::SeccompData;

Box BoxOf(uint32_t arch, uint32_t number) {
  return {.arch = {arch, arch}, .number = {number, number}};
}

constexpr char kDisagree[] =
    "the solver and the evaluator do not agree, a bug in Ringfence";

}  // namespace

std::expected<NodeId, Undecided> Auditor::Reduce(const Box& box) {
  const auto node = subject_.Reduce(all_, box);
  if (node) return *node;
  // A box of one number and one architecture is never cut.
  const auto* open = std::get_if<Undecided>(&node.error());
  return std::unexpected(open != nullptr ? *open : Undecided{kDisagree});
}

std::expected<std::optional<Gap>, Undecided> Auditor::Width(uint32_t arch,
                                                            uint32_t number,
                                                            unsigned arg) {
  const Box box = BoxOf(arch, number);
  const auto node = Reduce(box);
  if (!node) return std::unexpected(node.error());
  if (!all_.Words(*node).contains(kFirstArgWord + 2 * arg + 1)) {
    return std::nullopt;
  }
  Question question{.box = box, .a = *node, .b = *node};
  question.other_high = arg;
  const std::set<Outcome> outcomes = all_.Outcomes(*node);
  for (const Outcome a : outcomes) {
    for (const Outcome b : outcomes) {
      if (a != b && !IsStricter(b, a)) question.pairs.emplace_back(a, b);
    }
  }
  if (question.pairs.empty()) return std::nullopt;
  const auto found = solver_.Find(question);
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::nullopt;
  const auto strict = subject_.Replay((*found)->call);
  const auto weak = subject_.Replay((*found)->other);
  if (!strict || !weak || *strict == *weak) {
    return std::unexpected(Undecided{kDisagree});
  }
  return Gap{.strict = (*found)->call,
             .strict_outcome = *strict,
             .weak = (*found)->other,
             .weak_outcome = *weak};
}

std::expected<std::optional<SeccompData>, Undecided> Auditor::FindCall(
    uint32_t arch, uint32_t number, bool permitted) {
  const Box box = BoxOf(arch, number);
  const auto node = Reduce(box);
  if (!node) return std::unexpected(node.error());
  if (all_.node(*node).leaf) {
    if (Permits(all_.node(*node).outcome) != permitted) return std::nullopt;
    return SeccompData{.nr = number, .arch = arch};
  }
  Question question{.box = box, .a = *node, .b = *node};
  for (const Outcome outcome : all_.Outcomes(*node)) {
    if (Permits(outcome) == permitted) {
      question.pairs.emplace_back(outcome, outcome);
    }
  }
  if (question.pairs.empty()) return std::nullopt;
  const auto found = solver_.Find(question);
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::nullopt;
  const auto outcome = subject_.Replay((*found)->call);
  if (!outcome || Permits(*outcome) != permitted) {
    return std::unexpected(Undecided{kDisagree});
  }
  return (*found)->call;
}

std::expected<std::optional<SeccompData>, Undecided> FindPermitted(
    const Subject& subject, uint32_t arch) {
  // The weakest filter that makes no call.
  static constexpr bpf::Instruction kNothing[] = {
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_TRACE}};
  Prover prover;
  const auto found =
      prover.Compare(subject, Subject::One(kNothing), Relation::kInside,
                     Search::kFirst, {arch, arch});
  if (!found) return std::unexpected(found.error());
  if (found->empty()) return std::nullopt;
  return found->front().call;
}

std::expected<std::vector<size_t>, Undecided> DeadInstructions(
    std::span<const bpf::Instruction> code) {
  Decisions all;
  std::vector<bool> reached(code.size(), false);
  std::vector<Box> waiting = {Box{}};
  while (!waiting.empty()) {
    const Box box = waiting.back();
    waiting.pop_back();
    const auto node = ReduceProgram(all, code, box, &reached);
    if (node) continue;
    const Cut* cut = std::get_if<Cut>(&node.error());
    if (cut == nullptr) {
      return std::unexpected(std::get<Undecided>(node.error()));
    }
    const auto [below, above] = CutBox(box, *cut);
    waiting.push_back(above);
    waiting.push_back(below);
  }
  std::vector<size_t> dead;
  for (size_t at = 0; at < reached.size(); ++at) {
    if (!reached[at]) dead.push_back(at);
  }
  return dead;
}

std::expected<bool, Undecided> NeverHolds(const model::Condition& when) {
  static constexpr bpf::Instruction kAll[] = {
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
  Prover prover;
  const auto found = prover.Compare(
      Subject::One(kAll), Subject::AllBut(model::kArchX86_64, 0, when),
      Relation::kInside, Search::kFirst);
  if (!found) return std::unexpected(found.error());
  return found->empty();
}

}  // namespace ringfence::prove
