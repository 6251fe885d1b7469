// A classic BPF program for seccomp, and its structural check.
//
//   if (auto program = bpf::Program::FromInstructions(std::move(code))) ...
//
// A Program is never empty, has at most 4096 instructions (BPF_MAXINSNS),
// uses only instructions that seccomp accepts (kernel/seccomp.c,
// seccomp_check_filter), jumps only forward and inside itself, ends every path
// in a return, and begins by comparing the architecture and killing any other.
// No other constructor exists, so an empty filter cannot be represented.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <vector>

namespace ringfence::bpf {

// struct sock_filter of <linux/filter.h>.
struct Instruction {
  uint16_t code = 0;
  uint8_t jt = 0;
  uint8_t jf = 0;
  uint32_t k = 0;
  bool operator==(const Instruction&) const = default;
};

inline constexpr size_t kMaxInstructions = 4096;

// Why a program was refused: the index of the first bad instruction and a
// constant sentence.
struct Malformed {
  size_t at = 0;
  const char* why = "";
};

// Whether the kernel takes `code` as a seccomp filter. It also takes filters
// that no Program may be: ones that do not look at the architecture.
[[nodiscard]] std::expected<void, Malformed> Accepts(
    std::span<const Instruction> code);

// Whether a Program may be made of it.
[[nodiscard]] std::expected<void, Malformed> Validate(
    std::span<const Instruction> code, uint32_t arch);

class Program {
 public:
  static std::expected<Program, Malformed> FromInstructions(
      std::vector<Instruction> code, uint32_t arch);

  [[nodiscard]] std::span<const Instruction> code() const { return code_; }
  [[nodiscard]] uint32_t arch() const { return arch_; }
  bool operator==(const Program&) const = default;

 private:
  Program(std::vector<Instruction> code, uint32_t arch)
      : code_(std::move(code)), arch_(arch) {}
  std::vector<Instruction> code_;
  uint32_t arch_;
};

}  // namespace ringfence::bpf
