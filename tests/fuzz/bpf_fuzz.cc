// Any instructions: what Validate accepts runs to a return for every call, and
// kills another architecture. What it refuses, the evaluator and the
// disassembler survive.
#include <linux/audit.h>
#include <linux/seccomp.h>

#include <array>
#include <string>
#include <vector>

#include "base/check.h"
#include "bpf/program.h"
#include "evaluate/disassemble.h"
#include "evaluate/evaluate.h"
#include "input.h"

namespace {

using ringfence::Check;
using ringfence::fuzz::Input;
namespace bpf = ringfence::bpf;
namespace evaluate = ringfence::evaluate;
namespace model = ringfence::model;

constexpr uint32_t kArch = model::kArchX86_64;
constexpr size_t kMostInstructions = 512;

std::vector<bpf::Instruction> TakeProgram(Input& input) {
  std::vector<bpf::Instruction> code;
  while (!input.empty() && code.size() < kMostInstructions) {
    code.push_back({.code = input.Take<uint16_t>(),
                    .jt = input.Take<uint8_t>(),
                    .jf = input.Take<uint8_t>(),
                    .k = input.Take<uint32_t>()});
  }
  return code;
}

// Calls near the constants of the program, where its answers change.
std::vector<evaluate::SeccompData> CallsFor(
    const std::vector<bpf::Instruction>& code) {
  std::vector<evaluate::SeccompData> calls;
  for (const bpf::Instruction& one : code) {
    const uint64_t wide = one.k | uint64_t{one.k} << 32;
    for (const uint32_t arch : {kArch, model::kArchAarch64, one.k}) {
      calls.push_back(
          {.nr = one.k,
           .arch = arch,
           .instruction_pointer = wide,
           .args = {wide, wide - 1, wide + 1, one.k, 0, ~uint64_t{0}}});
    }
  }
  return calls;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input({data, size});
  const std::vector<bpf::Instruction> code = TakeProgram(input);
  const bool valid = bpf::Validate(code, kArch).has_value();
  const auto program = bpf::Program::FromInstructions(code, kArch);
  Check(program.has_value() == valid, "Program and Validate disagree");
  (void)evaluate::Disassemble(code, [](uint32_t) { return std::string(); });

  for (const evaluate::SeccompData& call : CallsFor(code)) {
    const auto result = evaluate::Evaluate(code, call);
    if (!valid) continue;
    Check(result.has_value(), "a valid program went astray");
    Check(call.arch == kArch || *result == SECCOMP_RET_KILL_PROCESS,
          "another architecture was not killed");
  }
  return 0;
}
