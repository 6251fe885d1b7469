// bpf::Validate and evaluate::Evaluate against the running kernel: it takes the
// programs that Validate takes, and runs them as Evaluate does.
#include "bpf/program.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <vector>

#include "evaluate/evaluate.h"
#include "kernel.h"
#include "model/seccomp.h"
#include "random_policy.h"

namespace ringfence {
namespace {

using bpf::Instruction;

#if defined(__x86_64__)
constexpr uint32_t kArch = model::kArchX86_64;
#else
constexpr uint32_t kArch = model::kArchAarch64;
#endif

constexpr uint16_t kLoad = BPF_LD | BPF_W | BPF_ABS;
constexpr uint16_t kReturn = BPF_RET | BPF_K;

class RandomProgram {
 public:
  explicit RandomProgram(uint64_t seed) : random_(seed) {}

  // The architecture check, exit_group allowed, `length` instructions that may
  // be anything, and an errno made of the accumulator.
  std::vector<Instruction> Next(size_t length) {
    std::vector<Instruction> code = {
        {kLoad, 0, 0, 4},
        {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, kArch},
        {kReturn, 0, 0, SECCOMP_RET_KILL_PROCESS},
        {kLoad, 0, 0, 0},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_exit_group},
        {kReturn, 0, 0, SECCOMP_RET_ALLOW},
        {BPF_ST, 0, 0, 0},
    };
    for (size_t i = 0; i < length; ++i) code.push_back(Any(length - i));
    code.push_back({BPF_ALU | BPF_AND | BPF_K, 0, 0, 0xFFF});
    code.push_back({BPF_ALU | BPF_OR | BPF_K, 0, 0, SECCOMP_RET_ERRNO});
    code.push_back({BPF_RET | BPF_A, 0, 0, 0});
    return code;
  }

  RandomPolicy& random() { return random_; }

 private:
  template <size_t kCount>
  uint16_t One(const uint16_t (&codes)[kCount]) {
    return codes[random_.Below(kCount)];
  }

  // `left`: instructions that follow, so that most jumps stay inside. One in
  // some forty has something the kernel may refuse.
  Instruction Any(size_t left) {
    static constexpr uint16_t kAlu[] = {
        BPF_ALU | BPF_ADD | BPF_K, BPF_ALU | BPF_ADD | BPF_X,
        BPF_ALU | BPF_SUB | BPF_K, BPF_ALU | BPF_SUB | BPF_X,
        BPF_ALU | BPF_MUL | BPF_K, BPF_ALU | BPF_MUL | BPF_X,
        BPF_ALU | BPF_DIV | BPF_K, BPF_ALU | BPF_AND | BPF_K,
        BPF_ALU | BPF_AND | BPF_X, BPF_ALU | BPF_OR | BPF_K,
        BPF_ALU | BPF_OR | BPF_X,  BPF_ALU | BPF_XOR | BPF_K,
        BPF_ALU | BPF_XOR | BPF_X, BPF_ALU | BPF_NEG};
    static constexpr uint16_t kShift[] = {BPF_ALU | BPF_LSH | BPF_K,
                                          BPF_ALU | BPF_RSH | BPF_K};
    static constexpr uint16_t kJumps[] = {
        BPF_JMP | BPF_JEQ | BPF_K,  BPF_JMP | BPF_JEQ | BPF_X,
        BPF_JMP | BPF_JGT | BPF_K,  BPF_JMP | BPF_JGT | BPF_X,
        BPF_JMP | BPF_JGE | BPF_K,  BPF_JMP | BPF_JGE | BPF_X,
        BPF_JMP | BPF_JSET | BPF_K, BPF_JMP | BPF_JSET | BPF_X};
    static constexpr uint16_t kMoves[] = {
        BPF_LD | BPF_IMM,         BPF_LDX | BPF_IMM,
        BPF_MISC | BPF_TAX,       BPF_MISC | BPF_TXA,
        BPF_LD | BPF_W | BPF_LEN, BPF_LDX | BPF_W | BPF_LEN};
    static constexpr uint16_t kScratch[] = {BPF_ST, BPF_STX, BPF_LD | BPF_MEM,
                                            BPF_LDX | BPF_MEM};
    const auto value = static_cast<uint32_t>(random_.Value());
    const auto small = static_cast<uint32_t>(random_.Below(3));
    switch (random_.Below(40)) {
      case 0:
        return {static_cast<uint16_t>(random_.Below(256)), 0, 0, value};
      case 1:
        // Not the instruction pointer: it is not the same here and there.
        return {kLoad, 0, 0, static_cast<uint32_t>(16 + random_.Below(60))};
      case 2:
        return {One(kJumps), static_cast<uint8_t>(random_.Below(left + 5)), 0,
                value};
      case 3:
        return {One(kShift), 0, 0, static_cast<uint32_t>(random_.Below(34))};
      case 4:
        return {One(kScratch), 0, 0, static_cast<uint32_t>(random_.Below(18))};
      case 5:
        return {BPF_JMP | BPF_JA, 0, 0,
                static_cast<uint32_t>(random_.Below(left + 4))};
      default:
        break;
    }
    switch (random_.Below(6)) {
      case 0:
        return {One(kMoves), 0, 0, value};
      case 1:
        return {One(kJumps), static_cast<uint8_t>(random_.Below(3)),
                static_cast<uint8_t>(random_.Below(3)), value};
      case 2:
        return {One(kScratch), 0, 0, small % 2};
      case 3:
        return {One(kShift), 0, 0, value % 32};
      case 4:
        return {kLoad, 0, 0,
                4 * (4 + static_cast<uint32_t>(random_.Below(12)))};
      default:
        return {One(kAlu), 0, 0, value};
    }
  }

  RandomPolicy random_;
};

// What a caller sees of a returned value, as errno (0: the call was made),
// where nobody traces or listens; nothing: it is killed.
std::optional<int> Seen(uint32_t raw) {
  switch (raw & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_ALLOW:
    case SECCOMP_RET_LOG:
      return 0;
    case SECCOMP_RET_ERRNO:
      return static_cast<int>(std::min(raw & SECCOMP_RET_DATA, 4095u));
    case SECCOMP_RET_TRACE:
    case SECCOMP_RET_USER_NOTIF:
      return ENOSYS;
    default:
      return std::nullopt;
  }
}

TEST(ProgramInKernel, ValidateTakesWhatTheKernelTakes_AndEvaluateRunsItAlike) {
  RandomProgram programs(20260131);
  size_t taken = 0;
  size_t refused = 0;
  for (int round = 0; round < 1200; ++round) {
    const std::vector<Instruction> code =
        programs.Next(1 + programs.random().Below(12));
    std::vector<LiveCall> calls;
    for (int i = 0; i < 8; ++i) {
      calls.push_back({SYS_getppid, programs.random().Args()});
    }
    const auto valid = bpf::Validate(code, kArch);
    const LiveRun run = RunInKernel(code, calls);
    ASSERT_EQ(valid.has_value(), run.refused == 0)
        << round << " at " << (valid ? 0 : valid.error().at) << " "
        << (valid ? "" : valid.error().why);
    if (!valid) {
      EXPECT_EQ(run.refused, EINVAL);
      ++refused;
      continue;
    }
    ++taken;
    for (size_t i = 0; i < calls.size(); ++i) {
      const auto raw = evaluate::Evaluate(
          code, {.nr = SYS_getppid, .arch = kArch, .args = calls[i].args});
      ASSERT_TRUE(raw.has_value());
      const std::optional<int> seen = Seen(*raw);
      if (!seen) {
        EXPECT_EQ(run.results.size(), i) << round;
        EXPECT_NE(run.signal, 0) << round;
        break;
      }
      ASSERT_LT(i, run.results.size()) << round;
      ASSERT_EQ(run.results[i], *seen) << round;
    }
  }
  EXPECT_GT(taken, 300u);
  EXPECT_GT(refused, 300u);
}

}  // namespace
}  // namespace ringfence
