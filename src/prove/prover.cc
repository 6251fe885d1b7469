#include "prove/prover.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/result.h"

namespace ringfence::prove {
namespace {

using evaluate::SeccompData;

// Which side needs a smaller box, if one does.
std::optional<Stop> StopOf(const std::expected<NodeId, Stop>& a,
                           const std::expected<NodeId, Stop>& b) {
  if (!a) return a.error();
  if (!b) return b.error();
  return std::nullopt;
}

// A witness' architecture: a real one, where the box has one.
uint32_t SomeArch(const Interval& archs) {
  constexpr uint32_t kI386 = 0x40000003;  // AUDIT_ARCH_I386
  for (const uint32_t arch : {model::kArchX86_64, model::kArchAarch64, kI386}) {
    if (archs.Has(arch)) return arch;
  }
  return archs.first;
}

}  // namespace

bool Satisfies(Relation relation, Outcome first, Outcome second) {
  switch (relation) {
    case Relation::kEqual:
      return first == second;
    case Relation::kInside:
      return !IsStricter(second, first);
  }
  return false;
}

Prover::Prover(unsigned work) : solver_(all_, work) {}

std::expected<std::vector<Difference>, Undecided> Prover::Compare(
    const Subject& first, const Subject& second, Relation relation,
    Search search, const Interval& archs) {
  std::vector<Difference> out;
  std::vector<Box> waiting = {{.arch = archs, .number = {}}};
  while (!waiting.empty()) {
    const Box box = waiting.back();
    waiting.pop_back();
    const auto a = first.Reduce(all_, box);
    const auto b = second.Reduce(all_, box);
    if (const auto stop = StopOf(a, b)) {
      const Cut* cut = std::get_if<Cut>(&*stop);
      if (cut == nullptr) return std::unexpected(std::get<Undecided>(*stop));
      const auto [below, above] = CutBox(box, *cut);
      waiting.push_back(above);
      waiting.push_back(below);
      continue;
    }
    ++effort_.boxes;
    const size_t before = out.size();
    const auto done = CompareBox(box, {*a, *b}, relation, search, out);
    if (!done) return std::unexpected(done.error());
    for (size_t i = before; i < out.size(); ++i) {
      const auto says_first = first.Replay(out[i].call);
      const auto says_second = second.Replay(out[i].call);
      if (!says_first || !says_second || *says_first != out[i].first ||
          *says_second != out[i].second) {
        return std::unexpected(Undecided{
            "the solver and the evaluator do not agree, a bug in Ringfence"});
      }
    }
    std::ranges::sort(
        out.begin() + static_cast<ptrdiff_t>(before), out.end(), {},
        [](const Difference& difference) { return difference.call.args; });
    if (search == Search::kFirst && !out.empty()) break;
  }
  return out;
}

std::expected<void, Undecided> Prover::CompareBox(
    const Box& box, const Pair& pair, Relation relation, Search search,
    std::vector<Difference>& out) {
  const bool both_settled =
      all_.node(pair.first).leaf && all_.node(pair.second).leaf;
  std::vector<SeccompData> calls;
  if (both_settled) {
    if (Satisfies(relation, all_.node(pair.first).outcome,
                  all_.node(pair.second).outcome)) {
      return {};
    }
    calls.push_back(
        {.nr = box.number.first, .arch = SomeArch(box.arch), .args = {}});
  } else {
    if (pair.first == pair.second) return {};
    auto solved = Solve(box, pair, relation, search);
    if (!solved) return std::unexpected(solved.error());
    calls = *std::move(solved);
  }
  for (const SeccompData& call : calls) {
    out.push_back({.box = box,
                   .first = all_.Decide(pair.first, call),
                   .second = all_.Decide(pair.second, call),
                   .call = call});
  }
  return {};
}

std::expected<std::vector<SeccompData>, Undecided> Prover::Solve(
    const Box& box, const Pair& pair, Relation relation, Search search) {
  std::vector<std::pair<Outcome, Outcome>> wrong;
  for (const Outcome a : all_.Outcomes(pair.first)) {
    for (const Outcome b : all_.Outcomes(pair.second)) {
      if (!Satisfies(relation, a, b)) wrong.emplace_back(a, b);
    }
  }
  if (wrong.empty()) return {};
  std::set<uint32_t> words = all_.Words(pair.first);
  words.merge(all_.Words(pair.second));
  const bool only_args =
      !words.contains(kNumberWord) && !words.contains(kArchWord);
  const auto key = std::tuple(pair.first, pair.second, relation);
  if (only_args && !listener_ && proved_.contains(key)) return {};

  Question question{
      .box = box, .a = pair.first, .b = pair.second, .pairs = wrong};
  if (listener_) listener_(box, solver_.ToSmt2(question));
  std::vector<SeccompData> calls;
  if (search == Search::kFirst) {
    RF_TRY(Enumerate(question, pair, 1, calls));
  } else {
    // Each change of an answer by itself, so that none is crowded out.
    for (const auto& outcomes : wrong) {
      question.pairs = {outcomes};
      question.excluded.clear();
      RF_TRY(Enumerate(question, pair, kMaxRegions, calls));
    }
  }
  if (calls.empty() && only_args) proved_.emplace(key, true);
  return calls;
}

// One call for each region of the question, at most `limit`. Calls that are
// easy to read go first; Z3 says whether there are others.
std::expected<void, Undecided> Prover::Enumerate(
    Question& question, const Pair& pair, size_t limit,
    std::vector<SeccompData>& calls) {
  const size_t end = calls.size() + limit;
  const auto add = [&](const SeccompData& call) {
    calls.push_back(call);
    question.excluded.push_back(PathOf(pair, call));
    return calls.size() == end;
  };
  const auto fits = [&](const SeccompData& call) {
    const std::pair outcomes(all_.Decide(pair.first, call),
                             all_.Decide(pair.second, call));
    return std::ranges::find(question.pairs, outcomes) != question.pairs.end();
  };
  std::set<Region> seen;
  for (const SeccompData& call : Candidates(question.box, pair)) {
    if (!fits(call) || !seen.insert(PathOf(pair, call)).second) continue;
    if (add(call)) return {};
  }
  while (true) {
    ++effort_.questions;
    const auto answer = solver_.Find(question);
    if (!answer) return std::unexpected(answer.error());
    if (!*answer || add((*answer)->call)) return {};
  }
}

// Calls made of the constants that the two decisions compare with, and of the
// neighbours of those; the ones with fewest arguments set come first.
std::vector<SeccompData> Prover::Candidates(const Box& box,
                                            const Pair& pair) const {
  constexpr size_t kMaxValues = 64;
  constexpr size_t kMaxCalls = 1024;
  std::map<uint8_t, std::set<uint64_t>> values;
  const auto add = [&](uint8_t arg, uint64_t value) {
    std::set<uint64_t>& of = values[arg];
    if (of.size() < kMaxValues) of.insert(value);
  };
  for (const NodeId root : {pair.first, pair.second}) {
    for (const NodeId id : all_.Below(root)) {
      const Node& node = all_.node(id);
      if (node.leaf) continue;
      const Test& test = all_.test(node.test);
      if (const auto* arg = std::get_if<model::ArgTest>(&test)) {
        add(arg->arg, 0);
        add(arg->arg, arg->value);
        add(arg->arg,
            (arg->value + 1) &
                (arg->width == model::Width::kLow32 ? UINT32_MAX : UINT64_MAX));
        // The lowest bit of a mask alone.
        if (arg->mask + 1 != 0) add(arg->arg, arg->mask & (~arg->mask + 1));
        continue;
      }
      const auto& words = std::get<WordTest>(test);
      const Term& left = all_.term(words.a);
      const auto right = all_.Known(words.b);
      if (left.op != Term::Op::kWord || left.a < kFirstArgWord || !right) {
        continue;
      }
      const auto arg = static_cast<uint8_t>((left.a - kFirstArgWord) / 2);
      const unsigned shift = left.a % 2 == 0 ? 0 : 32;
      add(arg, 0);
      add(arg, uint64_t{*right} << shift);
      if (*right != UINT32_MAX) add(arg, uint64_t{*right + 1} << shift);
      if (words.kind == WordTest::Kind::kAnyBit) {
        add(arg, uint64_t{*right & (~*right + 1)} << shift);
      }
    }
  }
  std::vector<SeccompData> calls = {
      {.nr = box.number.first, .arch = SomeArch(box.arch), .args = {}}};
  for (const auto& [arg, of] : values) {
    std::vector<SeccompData> more;
    for (const uint64_t value : of) {
      for (SeccompData call : calls) {
        call.args[arg] = value;
        if (more.size() < kMaxCalls) more.push_back(call);
      }
    }
    calls = std::move(more);
  }
  std::ranges::stable_sort(calls, {}, [](const SeccompData& call) {
    return std::ranges::count_if(call.args, [](uint64_t a) { return a != 0; });
  });
  return calls;
}

// The tests that `call` meets on its way through both decisions.
Region Prover::PathOf(const Pair& pair, const SeccompData& call) const {
  Region region;
  for (const NodeId root : {pair.first, pair.second}) {
    const Node* at = &all_.node(root);
    while (!at->leaf) {
      const bool holds = all_.Holds(all_.test(at->test), call);
      region.push_back({at->test, holds});
      at = &all_.node(holds ? at->yes : at->no);
    }
  }
  return region;
}

}  // namespace ringfence::prove
