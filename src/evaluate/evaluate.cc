#include "evaluate/evaluate.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <algorithm>

namespace ringfence::evaluate {
namespace {

using bpf::Instruction;
using bpf::Malformed;

struct Machine {
  uint32_t a = 0;
  uint32_t x = 0;
  std::array<uint32_t, BPF_MEMWORDS> scratch{};
};

// The 32-bit word at byte `offset` of struct seccomp_data, little-endian.
std::optional<uint32_t> Word(const SeccompData& data, uint32_t offset) {
  const auto half = [](uint64_t value, uint32_t at) {
    return static_cast<uint32_t>(at % 8 == 0 ? value : value >> 32);
  };
  if (offset % 4 != 0 || offset >= sizeof(seccomp_data)) return std::nullopt;
  if (offset == offsetof(seccomp_data, nr)) return data.nr;
  if (offset == offsetof(seccomp_data, arch)) return data.arch;
  if (offset < offsetof(seccomp_data, args)) {
    return half(data.instruction_pointer, offset);
  }
  return half(data.args[(offset - offsetof(seccomp_data, args)) / 8], offset);
}

// Shifts use the low five bits of their operand, as the kernel's translation
// to 32-bit eBPF does. Division by zero is the caller's.
std::optional<uint32_t> Compute(uint16_t code, uint32_t a, uint32_t operand) {
  switch (BPF_OP(code)) {
    case BPF_ADD:
      return a + operand;
    case BPF_SUB:
      return a - operand;
    case BPF_MUL:
      return a * operand;
    case BPF_DIV:
      return a / operand;
    case BPF_AND:
      return a & operand;
    case BPF_OR:
      return a | operand;
    case BPF_XOR:
      return a ^ operand;
    case BPF_LSH:
      return a << (operand & 31);
    case BPF_RSH:
      return a >> (operand & 31);
    case BPF_NEG:
      return 0 - a;
    default:
      return std::nullopt;
  }
}

std::optional<bool> Compare(uint16_t code, uint32_t a, uint32_t operand) {
  switch (BPF_OP(code)) {
    case BPF_JEQ:
      return a == operand;
    case BPF_JGT:
      return a > operand;
    case BPF_JGE:
      return a >= operand;
    case BPF_JSET:
      return (a & operand) != 0;
    default:
      return std::nullopt;
  }
}

// Loads and stores; false for an instruction that seccomp does not have.
bool Move(Machine& machine, const SeccompData& data, const Instruction& in) {
  const bool in_scratch = in.k < machine.scratch.size();
  switch (in.code) {
    case BPF_LD | BPF_W | BPF_ABS: {
      const std::optional<uint32_t> word = Word(data, in.k);
      if (word) machine.a = *word;
      return word.has_value();
    }
    case BPF_LD | BPF_W | BPF_LEN:
      machine.a = sizeof(seccomp_data);
      return true;
    case BPF_LDX | BPF_W | BPF_LEN:
      machine.x = sizeof(seccomp_data);
      return true;
    case BPF_LD | BPF_IMM:
      machine.a = in.k;
      return true;
    case BPF_LDX | BPF_IMM:
      machine.x = in.k;
      return true;
    case BPF_LD | BPF_MEM:
      if (in_scratch) machine.a = machine.scratch[in.k];
      return in_scratch;
    case BPF_LDX | BPF_MEM:
      if (in_scratch) machine.x = machine.scratch[in.k];
      return in_scratch;
    case BPF_ST:
      if (in_scratch) machine.scratch[in.k] = machine.a;
      return in_scratch;
    case BPF_STX:
      if (in_scratch) machine.scratch[in.k] = machine.x;
      return in_scratch;
    case BPF_MISC | BPF_TAX:
      machine.x = machine.a;
      return true;
    case BPF_MISC | BPF_TXA:
      machine.a = machine.x;
      return true;
    default:
      return false;
  }
}

}  // namespace

std::expected<uint32_t, Malformed> Evaluate(std::span<const Instruction> code,
                                            const SeccompData& data) {
  Machine machine;
  const auto malformed = [](size_t at, const char* why) {
    return std::unexpected(Malformed{at, why});
  };
  // Every step goes forward, so this ends.
  for (size_t at = 0; at < code.size(); ++at) {
    const Instruction& in = code[at];
    // The classes and operations are the low byte; the kernel knows no other.
    if (in.code > UINT8_MAX) return malformed(at, "an unknown instruction");
    const uint32_t operand = BPF_SRC(in.code) == BPF_X ? machine.x : in.k;
    switch (BPF_CLASS(in.code)) {
      case BPF_RET:
        if (in.code == (BPF_RET | BPF_K)) return in.k;
        if (in.code == (BPF_RET | BPF_A)) return machine.a;
        return malformed(at, "an unknown return");
      case BPF_JMP: {
        if (in.code == (BPF_JMP | BPF_JA)) {
          at += in.k;
          break;
        }
        const std::optional<bool> taken = Compare(in.code, machine.a, operand);
        if (!taken) return malformed(at, "an unknown jump");
        at += *taken ? in.jt : in.jf;
        break;
      }
      case BPF_ALU: {
        // The kernel ends a program that divides by zero; it returns 0.
        if (BPF_OP(in.code) == BPF_DIV && operand == 0) return 0;
        const std::optional<uint32_t> result =
            Compute(in.code, machine.a, operand);
        if (!result) return malformed(at, "an unknown operation");
        machine.a = *result;
        break;
      }
      default:
        if (!Move(machine, data, in)) {
          return malformed(at, "an unknown instruction or a bad address");
        }
    }
  }
  return malformed(code.size(), "the end is reached without a return");
}

SeccompData ToData(const model::Call& call) {
  return {.nr = call.number, .arch = call.arch, .args = call.args};
}

std::optional<model::Answer> ToAnswer(uint32_t raw) {
  const auto data = static_cast<uint16_t>(raw & SECCOMP_RET_DATA);
  switch (raw & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_ALLOW:
      return model::kAllowed;
    case SECCOMP_RET_USER_NOTIF:
      return model::Answer{model::Action::kExplain, 0};
    case SECCOMP_RET_ERRNO:
      // The kernel cuts it to MAX_ERRNO.
      return model::Answer{model::Action::kQuiet,
                           std::min(data, uint16_t{4095})};
    case SECCOMP_RET_KILL_PROCESS:
      return model::kKilled;
    case SECCOMP_RET_LOG:
      return model::Answer{model::Action::kLog, 0};
    case SECCOMP_RET_KILL_THREAD:
      return model::Answer{model::Action::kKillThread, 0};
    case SECCOMP_RET_TRAP:
      return model::Answer{model::Action::kTrap, 0};
    case SECCOMP_RET_TRACE:
      return model::Answer{model::Action::kTrace, data};
    default:
      return std::nullopt;
  }
}

bool Gives(uint32_t raw, const model::Answer& answer) {
  switch (answer.action) {
    case model::Action::kAllow:
      return raw == SECCOMP_RET_ALLOW;
    case model::Action::kLog:
      return raw == SECCOMP_RET_LOG;
    case model::Action::kExplain:
    case model::Action::kNotify:
      return raw == SECCOMP_RET_USER_NOTIF;
    case model::Action::kQuiet:
      return raw == (SECCOMP_RET_ERRNO | answer.error);
    case model::Action::kKill:
      return raw == SECCOMP_RET_KILL_PROCESS;
    case model::Action::kKillThread:
      return raw == SECCOMP_RET_KILL_THREAD;
    case model::Action::kTrap:
      return raw == SECCOMP_RET_TRAP;
    case model::Action::kTrace:
      return raw == (SECCOMP_RET_TRACE | answer.error);
  }
  return false;
}

}  // namespace ringfence::evaluate
