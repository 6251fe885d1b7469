#include "evaluate/cost.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

namespace ringfence::evaluate {
namespace {

using bpf::Instruction;

// The accumulator: a number that is known without looking at an argument.
using Known = std::optional<uint32_t>;

// Where a jump on a known value goes; nothing for other instructions.
std::optional<size_t> JumpTarget(const Instruction& in, size_t at, uint32_t a) {
  const auto branch = [&](bool taken) {
    return at + 1 + (taken ? in.jt : in.jf);
  };
  switch (in.code) {
    case BPF_JMP | BPF_JA:
      return at + 1 + in.k;
    case BPF_JMP | BPF_JEQ | BPF_K:
      return branch(a == in.k);
    case BPF_JMP | BPF_JGE | BPF_K:
      return branch(a >= in.k);
    case BPF_JMP | BPF_JGT | BPF_K:
      return branch(a > in.k);
    case BPF_JMP | BPF_JSET | BPF_K:
      return branch((a & in.k) != 0);
    default:
      return std::nullopt;
  }
}

// The value of a load that needs no argument.
Known LoadedValue(const Instruction& in, uint32_t arch, uint32_t number) {
  if (in.code != (BPF_LD | BPF_W | BPF_ABS)) return std::nullopt;
  if (in.k == offsetof(seccomp_data, nr)) return number;
  if (in.k == offsetof(seccomp_data, arch)) return arch;
  return std::nullopt;
}

// Follows a call as long as only its number and architecture count.
struct End {
  size_t at = 0;  // the instruction that it cannot follow, or the return
  bool is_return = false;
};

End Follow(std::span<const Instruction> code, uint32_t arch, uint32_t number) {
  uint32_t a = 0;
  size_t at = 0;
  while (at < code.size()) {
    const Instruction& in = code[at];
    if (in.code == (BPF_RET | BPF_K)) return {at, true};
    if (const Known loaded = LoadedValue(in, arch, number)) {
      a = *loaded;
      ++at;
    } else if (in.code == (BPF_ALU | BPF_AND | BPF_K)) {
      a &= in.k;
      ++at;
    } else if (const auto target = JumpTarget(in, at, a)) {
      at = *target;
    } else {
      break;
    }
  }
  return {at, false};
}

class LongestWay {
 public:
  LongestWay(std::span<const Instruction> code, uint32_t arch, uint32_t number)
      : code_(code), arch_(arch), number_(number) {}

  // Jumps go forward only, so this ends.
  size_t From(size_t at, Known a) {
    if (at >= code_.size()) return 0;
    const auto [known, is_new] = lengths_.try_emplace({at, a}, 0);
    if (!is_new) return known->second;
    const size_t length = 1 + Rest(at, a);
    lengths_[{at, a}] = length;
    return length;
  }

 private:
  size_t Rest(size_t at, Known a) {
    const Instruction& in = code_[at];
    if (BPF_CLASS(in.code) == BPF_RET) return 0;
    if (in.code == (BPF_JMP | BPF_JA)) return From(at + 1 + in.k, a);
    if (BPF_CLASS(in.code) == BPF_JMP) {
      if (a && BPF_SRC(in.code) == BPF_K) {
        return From(*JumpTarget(in, at, *a), a);
      }
      return std::max(From(at + 1 + in.jt, a), From(at + 1 + in.jf, a));
    }
    if (in.code == (BPF_ALU | BPF_AND | BPF_K)) {
      return From(at + 1, a ? Known(*a & in.k) : Known());
    }
    return From(at + 1, LoadedValue(in, arch_, number_));
  }

  std::span<const Instruction> code_;
  uint32_t arch_;
  uint32_t number_;
  std::map<std::pair<size_t, Known>, size_t> lengths_;
};

}  // namespace

bool IsConstantAllow(std::span<const Instruction> code, uint32_t arch,
                     uint32_t number) {
  const End end = Follow(code, arch, number);
  return end.is_return && code[end.at].k == SECCOMP_RET_ALLOW;
}

CallCost CostOf(std::span<const Instruction> code, uint32_t arch,
                uint32_t number) {
  return {IsConstantAllow(code, arch, number),
          LongestWay(code, arch, number).From(0, std::nullopt)};
}

std::optional<size_t> FirstArgumentLoad(std::span<const Instruction> code,
                                        uint32_t arch, uint32_t number) {
  const End end = Follow(code, arch, number);
  if (end.is_return || end.at >= code.size()) return std::nullopt;
  return end.at;
}

}  // namespace ringfence::evaluate
