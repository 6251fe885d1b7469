#include "prove/decisions.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace ringfence::prove {
namespace {

using evaluate::SeccompData;
using model::ArgTest;

uint32_t Apply(Term::Op op, uint32_t a, uint32_t b) {
  switch (op) {
    case Term::Op::kAdd:
      return a + b;
    case Term::Op::kSub:
      return a - b;
    case Term::Op::kMul:
      return a * b;
    case Term::Op::kDiv:
      // Reached only where another test has ruled 0 out.
      return b == 0 ? 0 : a / b;
    case Term::Op::kAnd:
      return a & b;
    case Term::Op::kOr:
      return a | b;
    case Term::Op::kXor:
      return a ^ b;
    case Term::Op::kLsh:
      return a << (b & 31);
    case Term::Op::kRsh:
      return a >> (b & 31);
    case Term::Op::kConstant:
    case Term::Op::kWord:
      break;
  }
  CheckFailed("prove: not an operation");
}

// The id of `value` in `all`, added if it is new.
template <typename Value, typename Key>
uint32_t Intern(std::vector<Value>& all, std::map<Key, uint32_t>& known,
                const Key& key, const Value& value) {
  const auto [at, added] =
      known.try_emplace(key, static_cast<uint32_t>(all.size()));
  if (added) all.push_back(value);
  return at->second;
}

}  // namespace

bool Compare(WordTest::Kind kind, uint32_t a, uint32_t b) {
  switch (kind) {
    case WordTest::Kind::kEqual:
      return a == b;
    case WordTest::Kind::kAtLeast:
      return a >= b;
    case WordTest::Kind::kAbove:
      return a > b;
    case WordTest::Kind::kAnyBit:
      return (a & b) != 0;
  }
  CheckFailed("prove: unknown comparison");
}

uint32_t WordOf(const SeccompData& data, uint32_t index) {
  Check(index < kWords, "prove: no such word");
  if (index == kNumberWord) return data.nr;
  if (index == kArchWord) return data.arch;
  const uint64_t whole = index < kFirstArgWord
                             ? data.instruction_pointer
                             : data.args[(index - kFirstArgWord) / 2];
  return static_cast<uint32_t>(index % 2 == 0 ? whole : whole >> 32);
}

TermId Decisions::Add(const Term& term, uint32_t size) {
  const TermId id{Intern(terms_, known_terms_, term, term)};
  if (id.value == sizes_.size()) sizes_.push_back(size);
  return id;
}

TermId Decisions::Constant(uint32_t value) {
  return Add({Term::Op::kConstant, value, 0}, 1);
}

TermId Decisions::Word(uint32_t index) {
  Check(index < kWords, "prove: no such word");
  return Add({Term::Op::kWord, index, 0}, 1);
}

TermId Decisions::Compute(Term::Op op, TermId a, TermId b) {
  const auto left = Known(a);
  const auto right = Known(b);
  if (left && right) return Constant(Apply(op, *left, *right));
  const uint64_t size = uint64_t{1} + Size(a) + Size(b);
  return Add({op, a.value, b.value},
             static_cast<uint32_t>(std::min<uint64_t>(size, UINT32_MAX)));
}

std::optional<uint32_t> Decisions::Known(TermId id) const {
  const Term& found = term(id);
  if (found.op != Term::Op::kConstant) return std::nullopt;
  return found.a;
}

NodeId Decisions::Leaf(Outcome outcome) {
  const Node node{.leaf = true, .outcome = outcome};
  return NodeId{Intern(nodes_, known_nodes_, node, node)};
}

NodeId Decisions::Split(const Test& test, NodeId yes, NodeId no) {
  if (yes == no) return yes;
  uint32_t index = 0;
  if (const auto* words = std::get_if<WordTest>(&test)) {
    const auto a = Known(words->a);
    const auto b = Known(words->b);
    if (a && b) return Compare(words->kind, *a, *b) ? yes : no;
    index = Intern(tests_, known_word_tests_, *words, test);
  } else {
    const auto& arg = std::get<ArgTest>(test);
    const std::array<uint64_t, 5> key = {
        arg.arg, static_cast<uint64_t>(arg.width),
        static_cast<uint64_t>(arg.relation), arg.mask, arg.value};
    index = Intern(tests_, known_arg_tests_, key, test);
  }
  const Node node{
      .leaf = false, .outcome = {}, .test = index, .yes = yes, .no = no};
  return NodeId{Intern(nodes_, known_nodes_, node, node)};
}

NodeId Decisions::Strictest(NodeId a, NodeId b) {
  if (a == b) return a;
  const auto pair = std::pair(a, b);
  if (const auto at = strictest_.find(pair); at != strictest_.end()) {
    return at->second;
  }
  const Node one = node(a);
  const Node other = node(b);
  NodeId result;
  if (!one.leaf) {
    const Test by = test(one.test);
    const NodeId yes = Strictest(one.yes, b);
    result = Split(by, yes, Strictest(one.no, b));
  } else if (!other.leaf) {
    const Test by = test(other.test);
    const NodeId yes = Strictest(a, other.yes);
    result = Split(by, yes, Strictest(a, other.no));
  } else {
    result = IsStricter(other.outcome, one.outcome) ? b : a;
  }
  strictest_.emplace(pair, result);
  return result;
}

NodeId Decisions::Replace(NodeId id, Outcome old, Outcome by) {
  if (old == by) return id;
  std::map<NodeId, NodeId> made;
  for (const NodeId below : Below(id)) {
    const Node at = node(below);
    if (at.leaf) {
      made[below] = Leaf(at.outcome == old ? by : at.outcome);
      continue;
    }
    const Test by_test = test(at.test);
    made[below] = Split(by_test, made.at(at.yes), made.at(at.no));
  }
  return made.at(id);
}

uint32_t Decisions::Value(TermId id, const SeccompData& data) const {
  const Term& found = term(id);
  if (found.op == Term::Op::kConstant) return found.a;
  if (found.op == Term::Op::kWord) return WordOf(data, found.a);
  return Apply(found.op, Value(TermId{found.a}, data),
               Value(TermId{found.b}, data));
}

bool Decisions::Holds(const Test& test, const SeccompData& data) const {
  if (const auto* words = std::get_if<WordTest>(&test)) {
    return Compare(words->kind, Value(words->a, data), Value(words->b, data));
  }
  const model::Condition condition{
      model::Condition::Kind::kTest, std::get<ArgTest>(test), {}};
  return model::Holds(condition, data.args);
}

Outcome Decisions::Decide(NodeId id, const SeccompData& data) const {
  const Node* at = &node(id);
  while (!at->leaf) {
    at = &node(Holds(test(at->test), data) ? at->yes : at->no);
  }
  return at->outcome;
}

std::vector<NodeId> Decisions::Below(NodeId id) const {
  std::set<NodeId> found = {id};
  std::vector<NodeId> waiting = {id};
  while (!waiting.empty()) {
    const Node& at = node(waiting.back());
    waiting.pop_back();
    if (at.leaf) continue;
    for (const NodeId next : {at.yes, at.no}) {
      if (found.insert(next).second) waiting.push_back(next);
    }
  }
  return {found.begin(), found.end()};
}

std::set<Outcome> Decisions::Outcomes(NodeId id) const {
  std::set<Outcome> outcomes;
  for (const NodeId below : Below(id)) {
    if (node(below).leaf) outcomes.insert(node(below).outcome);
  }
  return outcomes;
}

void Decisions::AddWords(TermId id, std::set<uint32_t>& words) const {
  const Term& found = term(id);
  if (found.op == Term::Op::kConstant) return;
  if (found.op == Term::Op::kWord) {
    words.insert(found.a);
    return;
  }
  AddWords(TermId{found.a}, words);
  AddWords(TermId{found.b}, words);
}

std::set<uint32_t> Decisions::Words(NodeId id) const {
  std::set<uint32_t> words;
  for (const NodeId below : Below(id)) {
    const Node& at = node(below);
    if (at.leaf) continue;
    if (const auto* compared = std::get_if<WordTest>(&test(at.test))) {
      AddWords(compared->a, words);
      AddWords(compared->b, words);
      continue;
    }
    const auto& arg = std::get<ArgTest>(test(at.test));
    words.insert(kFirstArgWord + 2u * arg.arg);
    if (arg.width == model::Width::kFull64) {
      words.insert(kFirstArgWord + 2u * arg.arg + 1);
    }
  }
  return words;
}

}  // namespace ringfence::prove
