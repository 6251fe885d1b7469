#include "bpf/program.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace ringfence::bpf {
namespace {

// What must be checked of an instruction.
enum class Shape : uint8_t {
  kRefused,
  kPlain,
  kLoadData,
  kShift,
  kDivide,
  kRead,
  kWrite,  // of scratch memory
  kJump,
  kBranch,
  kReturn,
};

// The instruction set of seccomp_check_filter(), kernel/seccomp.c.
constexpr uint16_t kPlain[] = {
    BPF_LD | BPF_W | BPF_LEN,  BPF_LDX | BPF_W | BPF_LEN,
    BPF_LD | BPF_IMM,          BPF_LDX | BPF_IMM,
    BPF_MISC | BPF_TAX,        BPF_MISC | BPF_TXA,
    BPF_ALU | BPF_ADD | BPF_K, BPF_ALU | BPF_ADD | BPF_X,
    BPF_ALU | BPF_SUB | BPF_K, BPF_ALU | BPF_SUB | BPF_X,
    BPF_ALU | BPF_MUL | BPF_K, BPF_ALU | BPF_MUL | BPF_X,
    BPF_ALU | BPF_AND | BPF_K, BPF_ALU | BPF_AND | BPF_X,
    BPF_ALU | BPF_OR | BPF_K,  BPF_ALU | BPF_OR | BPF_X,
    BPF_ALU | BPF_XOR | BPF_K, BPF_ALU | BPF_XOR | BPF_X,
    BPF_ALU | BPF_LSH | BPF_X, BPF_ALU | BPF_RSH | BPF_X,
    BPF_ALU | BPF_DIV | BPF_X, BPF_ALU | BPF_NEG,
};
constexpr uint16_t kBranch[] = {
    BPF_JMP | BPF_JEQ | BPF_K,  BPF_JMP | BPF_JEQ | BPF_X,
    BPF_JMP | BPF_JGE | BPF_K,  BPF_JMP | BPF_JGE | BPF_X,
    BPF_JMP | BPF_JGT | BPF_K,  BPF_JMP | BPF_JGT | BPF_X,
    BPF_JMP | BPF_JSET | BPF_K, BPF_JMP | BPF_JSET | BPF_X,
};

Shape ShapeOf(uint16_t code) {
  switch (code) {
    case BPF_LD | BPF_W | BPF_ABS:
      return Shape::kLoadData;
    case BPF_RET | BPF_K:
    case BPF_RET | BPF_A:
      return Shape::kReturn;
    case BPF_ALU | BPF_DIV | BPF_K:
      return Shape::kDivide;
    case BPF_ALU | BPF_LSH | BPF_K:
    case BPF_ALU | BPF_RSH | BPF_K:
      return Shape::kShift;
    case BPF_LD | BPF_MEM:
    case BPF_LDX | BPF_MEM:
      return Shape::kRead;
    case BPF_ST:
    case BPF_STX:
      return Shape::kWrite;
    case BPF_JMP | BPF_JA:
      return Shape::kJump;
    default:
      if (std::ranges::count(kBranch, code) != 0) return Shape::kBranch;
      if (std::ranges::count(kPlain, code) != 0) return Shape::kPlain;
      return Shape::kRefused;
  }
}

// A filter that does not look at the architecture first would judge an i386
// call by x86_64 numbers.
const char* WrongStart(std::span<const Instruction> code, uint32_t arch) {
  constexpr Instruction kLoadArch{BPF_LD | BPF_W | BPF_ABS, 0, 0,
                                  offsetof(seccomp_data, arch)};
  if (code[0] != kLoadArch) return "it does not load the architecture";
  if (code.size() < 2 || code[1].code != (BPF_JMP | BPF_JEQ | BPF_K) ||
      code[1].k != arch) {
    return "it does not compare the architecture";
  }
  const size_t other = size_t{2} + code[1].jf;
  constexpr Instruction kKill{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS};
  if (other >= code.size() || code[other] != kKill) {
    return "another architecture is not killed";
  }
  return nullptr;
}

// What is wrong with an instruction alone; `after` is how many follow it
// (bpf_check_classic, net/core/filter.c).
const char* WrongOperand(Shape shape, const Instruction& in, size_t after) {
  switch (shape) {
    case Shape::kRefused:
      return "seccomp does not accept this instruction";
    case Shape::kLoadData:
      if (in.k < sizeof(seccomp_data) && in.k % 4 == 0) return nullptr;
      return "a load outside struct seccomp_data or unaligned";
    case Shape::kDivide:
      return in.k == 0 ? "a division by zero" : nullptr;
    case Shape::kShift:
      return in.k >= 32 ? "a shift by more than 31" : nullptr;
    case Shape::kRead:
    case Shape::kWrite:
      return in.k >= BPF_MEMWORDS ? "no such scratch word" : nullptr;
    case Shape::kJump:
      return in.k >= after ? "a jump out of the program" : nullptr;
    case Shape::kBranch:
      if (in.jt < after && in.jf < after) return nullptr;
      return "a jump out of the program";
    case Shape::kPlain:
    case Shape::kReturn:
      return nullptr;
  }
  return "";
}

}  // namespace

std::expected<void, Malformed> Accepts(std::span<const Instruction> code) {
  const auto refuse = [](size_t at, const char* why) {
    return std::unexpected(Malformed{at, why});
  };
  if (code.empty()) return refuse(0, "the program is empty");
  if (code.size() > kMaxInstructions) {
    return refuse(kMaxInstructions, "the program is too long");
  }
  // Which scratch words are certainly written when an instruction is reached:
  // jumps only go forward, so one pass knows every way in before it arrives
  // (check_load_and_stores, net/core/filter.c).
  std::vector<uint16_t> written(code.size(), 0xFFFF);
  uint16_t now = 0;
  for (size_t at = 0; at < code.size(); ++at) {
    const Instruction& in = code[at];
    const Shape shape = ShapeOf(in.code);
    const char* wrong = WrongOperand(shape, in, code.size() - at - 1);
    if (wrong != nullptr) return refuse(at, wrong);
    now = static_cast<uint16_t>(now & written[at]);
    if (shape == Shape::kWrite) {
      now = static_cast<uint16_t>(now | 1u << in.k);
    } else if (shape == Shape::kRead && (now >> in.k & 1) == 0) {
      return refuse(at, "scratch memory is read before it is written");
    } else if (shape == Shape::kJump) {
      written[at + 1 + in.k] &= now;
      now = 0xFFFF;
    } else if (shape == Shape::kBranch) {
      written[at + 1 + in.jt] &= now;
      written[at + 1 + in.jf] &= now;
      now = 0xFFFF;
    }
  }
  if (ShapeOf(code.back().code) != Shape::kReturn) {
    return refuse(code.size() - 1, "the last instruction does not return");
  }
  return {};
}

std::expected<void, Malformed> Validate(std::span<const Instruction> code,
                                        uint32_t arch) {
  if (auto accepted = Accepts(code); !accepted) return accepted;
  if (const char* why = WrongStart(code, arch)) {
    return std::unexpected(Malformed{0, why});
  }
  return {};
}

std::expected<Program, Malformed> Program::FromInstructions(
    std::vector<Instruction> code, uint32_t arch) {
  if (auto valid = Validate(code, arch); !valid) {
    return std::unexpected(valid.error());
  }
  return Program(std::move(code), arch);
}

}  // namespace ringfence::bpf
