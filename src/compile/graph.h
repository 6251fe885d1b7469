// Graph: a seccomp program as a decision graph, before it has addresses.
//
//   Graph graph;
//   const auto allow = graph.Return(SECCOMP_RET_ALLOW);
//   const auto deny = graph.Return(SECCOMP_RET_ERRNO | EPERM);
//   const auto root = graph.Load(16, graph.Branch(BPF_JEQ, AF_UNIX, allow,
//                                                 deny));
//
// Nodes are made from the ends to the beginning and never change. Two equal
// nodes are one node, so equal conditions of different calls share their code.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "base/strong.h"

namespace ringfence::compile {

class Graph {
 public:
  // Index into the graph; the nodes it leads to have smaller ones.
  using Id = Strong<uint32_t, struct GraphNodeTag>;

  struct Node {
    enum class Kind : uint8_t { kReturn, kLoad, kAnd, kBranch };
    Kind kind = Kind::kReturn;
    uint16_t jump = 0;  // kBranch: BPF_JEQ, BPF_JGE, BPF_JGT or BPF_JSET
    uint32_t k = 0;     // return value, byte offset, mask or constant
    Id yes;             // kBranch
    Id no;              // kBranch; kLoad and kAnd: what comes next
    auto operator<=>(const Node&) const = default;
  };

  Id Return(uint32_t value);

  // Loads the 32-bit word at byte `offset` of struct seccomp_data, where
  // `next` needs it: what does not look at a word is reached without a load.
  Id Load(uint32_t offset, Id next);

  // A test of a freshly loaded word that leads on to another test of the same
  // word goes there past the load.
  Id LoadAndBranch(uint32_t offset, uint16_t jump, uint32_t k, Id yes, Id no);

  Id And(uint32_t mask, Id next);
  Id Branch(uint16_t jump, uint32_t k, Id yes, Id no);

  [[nodiscard]] const Node& at(Id id) const;
  [[nodiscard]] size_t size() const { return nodes_.size(); }

 private:
  Id Add(const Node& node);
  [[nodiscard]] Id PastLoad(uint32_t offset, Id id) const;

  std::vector<Node> nodes_;
  std::map<Node, Id> known_;
};

// How many nodes a call may meet from `root` on.
[[nodiscard]] size_t CountReachable(const Graph& graph, Graph::Id root);

}  // namespace ringfence::compile
