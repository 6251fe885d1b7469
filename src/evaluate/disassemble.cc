#include "evaluate/disassemble.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

namespace ringfence::evaluate {
namespace {

using bpf::Instruction;

// What the accumulator holds when an instruction is reached; the same on all
// ways there, else kUnknown.
enum class Holds : uint8_t { kNothingYet, kNumber, kArch, kOther, kUnknown };

template <typename... Values>
std::string Print(const char* format, Values... values) {
  std::array<char, 64> text{};
  // The longest of the formats below fits.
  (void)std::snprintf(text.data(), text.size(), format, values...);
  return text.data();
}

std::string WordName(uint32_t offset) {
  if (offset == offsetof(seccomp_data, nr)) return "number";
  if (offset == offsetof(seccomp_data, arch)) return "arch";
  const bool high = offset % 8 != 0;
  if (offset < offsetof(seccomp_data, args)) return high ? "ip.high" : "ip.low";
  const auto arg =
      static_cast<uint32_t>((offset - offsetof(seccomp_data, args)) / 8);
  return Print("arg%u.%s", arg, high ? "high" : "low");
}

std::vector<Holds> Trace(std::span<const Instruction> code) {
  std::vector<Holds> before(code.size() + 1, Holds::kNothingYet);
  const auto flow = [&](size_t to, Holds value) {
    if (to >= before.size()) return;
    before[to] = before[to] == Holds::kNothingYet || before[to] == value
                     ? value
                     : Holds::kUnknown;
  };
  for (size_t at = 0; at < code.size(); ++at) {
    const Instruction& in = code[at];
    const Holds now = before[at];
    if (BPF_CLASS(in.code) == BPF_RET) continue;
    if (in.code == (BPF_JMP | BPF_JA)) {
      flow(at + 1 + in.k, now);
    } else if (BPF_CLASS(in.code) == BPF_JMP) {
      flow(at + 1 + in.jt, now);
      flow(at + 1 + in.jf, now);
    } else if (in.code == (BPF_LD | BPF_W | BPF_ABS)) {
      flow(at + 1, in.k == offsetof(seccomp_data, nr)     ? Holds::kNumber
                   : in.k == offsetof(seccomp_data, arch) ? Holds::kArch
                                                          : Holds::kOther);
    } else {
      flow(at + 1, Holds::kOther);
    }
  }
  return before;
}

const char* JumpName(uint16_t code) {
  switch (code) {
    case BPF_JMP | BPF_JEQ | BPF_K:
      return "jeq";
    case BPF_JMP | BPF_JGE | BPF_K:
      return "jge";
    case BPF_JMP | BPF_JGT | BPF_K:
      return "jgt";
    case BPF_JMP | BPF_JSET | BPF_K:
      return "jset";
    default:
      return nullptr;
  }
}

}  // namespace

std::string ReturnText(uint32_t raw) {
  switch (raw & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_ALLOW:
      return "allow";
    case SECCOMP_RET_ERRNO:
      return Print("errno %u", raw & SECCOMP_RET_DATA);
    case SECCOMP_RET_USER_NOTIF:
      return "notify";
    case SECCOMP_RET_LOG:
      return "log";
    case SECCOMP_RET_TRACE:
      return Print("trace %u", raw & SECCOMP_RET_DATA);
    case SECCOMP_RET_TRAP:
      return "trap";
    case SECCOMP_RET_KILL_THREAD:
      return "kill thread";
    case SECCOMP_RET_KILL_PROCESS:
      return "kill process";
    default:
      return Print("%#x", raw);
  }
}

std::string Disassemble(std::span<const Instruction> code,
                        const std::function<std::string(uint32_t)>& name,
                        const std::map<size_t, std::string>& remarks) {
  const std::vector<Holds> holds = Trace(code);
  std::string text;
  for (size_t at = 0; at < code.size(); ++at) {
    const Instruction& in = code[at];
    std::string line = Print("%5zu  ", at);
    if (in.code == (BPF_LD | BPF_W | BPF_ABS)) {
      line += "ld   " + WordName(in.k);
    } else if (in.code == (BPF_ALU | BPF_AND | BPF_K)) {
      line += Print("and  %#x", in.k);
    } else if (in.code == (BPF_RET | BPF_K)) {
      line += "ret  " + ReturnText(in.k);
    } else if (in.code == (BPF_JMP | BPF_JA)) {
      line += Print("jmp  %zu", at + 1 + in.k);
    } else if (const char* jump = JumpName(in.code)) {
      std::string what = Print("%#x", in.k);
      if (holds[at] == Holds::kNumber && BPF_OP(in.code) != BPF_JSET) {
        what = Print("%u ", in.k) + name(in.k);
      }
      line += Print("%-4s ", jump);
      what.resize(std::max(what.size(), size_t{26}), ' ');
      line += what + Print(" ? %zu : %zu", at + 1 + in.jt, at + 1 + in.jf);
    } else {
      line += Print("code %#x jt %u jf %u k %#x", in.code, in.jt, in.jf, in.k);
    }
    if (const auto remark = remarks.find(at); remark != remarks.end()) {
      line.resize(std::max(line.size(), size_t{44}), ' ');
      line += "  ; " + remark->second;
    }
    text += line + "\n";
  }
  return text;
}

}  // namespace ringfence::evaluate
