#include "bpf/allow_list.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace ringfence::bpf {
namespace {

constexpr uint32_t kX32Bit = 0x40000000;

Instruction Statement(uint16_t code, uint32_t k) { return {code, 0, 0, k}; }

// Jumps over `skip` instructions where the accumulator is not `value`.
Instruction UnlessEqual(uint32_t value, size_t skip) {
  Check(skip <= UINT8_MAX, "allow list: a jump is too far");
  return {BPF_JMP | BPF_JEQ | BPF_K, 0, static_cast<uint8_t>(skip), value};
}

Instruction Return(uint32_t action) {
  return Statement(BPF_RET | BPF_K, action);
}

Instruction Load(size_t offset) {
  return Statement(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset));
}

// Both supported architectures are little-endian, so the low half is first.
size_t LowHalf(uint32_t argument) {
  return offsetof(seccomp_data, args) + argument * sizeof(uint64_t);
}

bool Listed(std::span<const uint32_t> numbers, uint32_t number) {
  return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

}  // namespace

Program AllowOnly(uint32_t arch, std::span<const uint32_t> numbers,
                  std::span<const LimitedCall> limited) {
  std::vector<Instruction> code = {
      Load(offsetof(seccomp_data, arch)),
      {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, arch},
      Return(SECCOMP_RET_KILL_PROCESS),
      Load(offsetof(seccomp_data, nr)),
  };
  for (const uint32_t number : numbers) {
    Check((number & kX32Bit) == 0, "allow list: an x32 number");
    code.push_back(UnlessEqual(number, 1));
    code.push_back(Return(SECCOMP_RET_ALLOW));
  }
  for (const LimitedCall& call : limited) {
    Check((call.number & kX32Bit) == 0, "allow list: an x32 number");
    Check(call.argument < 6, "allow list: no such argument");
    Check(!Listed(numbers, call.number), "allow list: a number in both lists");
    code.push_back(UnlessEqual(call.number, 2 + 2 * call.values.size()));
    code.push_back(Load(LowHalf(call.argument)));
    for (const uint32_t value : call.values) {
      code.push_back(UnlessEqual(value, 1));
      code.push_back(Return(SECCOMP_RET_ALLOW));
    }
    code.push_back(Return(SECCOMP_RET_KILL_PROCESS));
  }
  code.push_back(Return(SECCOMP_RET_KILL_PROCESS));
  auto program = Program::FromInstructions(std::move(code), arch);
  Check(program.has_value(), "allow list: the program is malformed");
  return *std::move(program);
}

}  // namespace ringfence::bpf
