#include "compile/linearise.h"

#include <linux/filter.h>

#include <algorithm>
#include <utility>

namespace ringfence::compile {
namespace {

using Kind = Graph::Node::Kind;

class Writer {
 public:
  explicit Writer(const Graph& graph)
      : graph_(graph), place_(graph.size(), kNowhere) {}

  void Write(Graph::Id id) {
    if (place_[id.value] != kNowhere) return;
    const Graph::Node& node = graph_.at(id);
    switch (node.kind) {
      case Kind::kReturn:
        Put(id, BPF_RET | BPF_K, node.k);
        return;
      case Kind::kLoad:
        Write(node.no);
        Bring(node.no, 0);
        Put(id, BPF_LD | BPF_W | BPF_ABS, node.k);
        return;
      case Kind::kAnd:
        Write(node.no);
        Bring(node.no, 0);
        Put(id, BPF_ALU | BPF_AND | BPF_K, node.k);
        return;
      case Kind::kBranch:
        Write(node.yes);
        Write(node.no);
        // Bringing the second near may push the first one place away.
        Bring(node.yes, UINT8_MAX - 1);
        Bring(node.no, UINT8_MAX);
        Put(id, static_cast<uint16_t>(BPF_JMP | node.jump | BPF_K), node.k,
            static_cast<uint8_t>(Distance(node.yes)),
            static_cast<uint8_t>(Distance(node.no)));
        return;
    }
  }

  std::vector<bpf::Instruction> Take() && {
    std::ranges::reverse(code_);
    return std::move(code_);
  }

 private:
  static constexpr size_t kNowhere = SIZE_MAX;

  void Put(Graph::Id id, uint16_t code, uint32_t k, uint8_t yes = 0,
           uint8_t no = 0) {
    place_[id.value] = code_.size();
    code_.push_back({code, yes, no, k});
  }

  // How many instructions lie between the one written next and `id`.
  [[nodiscard]] size_t Distance(Graph::Id id) const {
    return code_.size() - place_[id.value] - 1;
  }

  void Bring(Graph::Id id, size_t reach) {
    if (Distance(id) <= reach) return;
    const Graph::Node& node = graph_.at(id);
    if (node.kind == Kind::kReturn) {
      Put(id, BPF_RET | BPF_K, node.k);
    } else {
      Put(id, BPF_JMP | BPF_JA, static_cast<uint32_t>(Distance(id)));
    }
  }

  const Graph& graph_;
  std::vector<size_t> place_;           // by node: its nearest copy in code_
  std::vector<bpf::Instruction> code_;  // last instruction first
};

}  // namespace

std::optional<std::vector<bpf::Instruction>> Linearise(const Graph& graph,
                                                       Graph::Id root) {
  // Every reachable node is an instruction; this also bounds the recursion.
  if (CountReachable(graph, root) > bpf::kMaxInstructions) return std::nullopt;
  Writer writer(graph);
  writer.Write(root);
  std::vector<bpf::Instruction> code = std::move(writer).Take();
  if (code.size() > bpf::kMaxInstructions) return std::nullopt;
  return code;
}

}  // namespace ringfence::compile
