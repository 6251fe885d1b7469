#include "compile/graph.h"

#include "base/check.h"

namespace ringfence::compile {

using Kind = Graph::Node::Kind;

const Graph::Node& Graph::at(Id id) const {
  Check(id.value < nodes_.size(), "graph: no such node");
  return nodes_[id.value];
}

Graph::Id Graph::Add(const Node& node) {
  const auto [known, added] =
      known_.try_emplace(node, Id(static_cast<uint32_t>(nodes_.size())));
  if (added) nodes_.push_back(node);
  return known->second;
}

Graph::Id Graph::Return(uint32_t value) {
  return Add({.kind = Kind::kReturn, .k = value});
}

Graph::Id Graph::Load(uint32_t offset, Id next) {
  const Kind kind = at(next).kind;
  if (kind == Kind::kReturn || kind == Kind::kLoad) return next;
  return Add({.kind = Kind::kLoad, .k = offset, .no = next});
}

Graph::Id Graph::PastLoad(uint32_t offset, Id id) const {
  const Node& node = at(id);
  return node.kind == Kind::kLoad && node.k == offset ? node.no : id;
}

Graph::Id Graph::LoadAndBranch(uint32_t offset, uint16_t jump, uint32_t k,
                               Id yes, Id no) {
  if (yes == no) return yes;
  return Load(offset,
              Branch(jump, k, PastLoad(offset, yes), PastLoad(offset, no)));
}

Graph::Id Graph::And(uint32_t mask, Id next) {
  return Add({.kind = Kind::kAnd, .k = mask, .no = next});
}

Graph::Id Graph::Branch(uint16_t jump, uint32_t k, Id yes, Id no) {
  if (yes == no) return yes;
  return Add(
      {.kind = Kind::kBranch, .jump = jump, .k = k, .yes = yes, .no = no});
}

size_t CountReachable(const Graph& graph, Graph::Id root) {
  std::vector<bool> reached(root.value + 1);
  reached[root.value] = true;
  size_t count = 0;
  // A node leads only to smaller ids, so one pass down meets each after all
  // that lead to it.
  for (uint32_t id = root.value + 1; id-- > 0;) {
    if (!reached[id]) continue;
    ++count;
    const Graph::Node& node = graph.at(Graph::Id(id));
    if (node.kind == Kind::kReturn) continue;
    reached[node.no.value] = true;
    if (node.kind == Kind::kBranch) reached[node.yes.value] = true;
  }
  return count;
}

}  // namespace ringfence::compile
