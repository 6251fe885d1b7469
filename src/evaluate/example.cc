#include "evaluate/example.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "evaluate/cases.h"

namespace ringfence::evaluate {

std::expected<std::optional<Arguments>, bpf::Malformed> ExampleOf(
    const model::Condition& condition) {
  // A program that looks at nothing leaves the walk to the condition alone.
  static constexpr bpf::Instruction kAllow[] = {
      {.code = BPF_RET | BPF_K, .k = SECCOMP_RET_ALLOW}};
  const model::Clause clause{condition, model::kAllowed, {}};
  std::optional<Arguments> found;
  CaseLimits limits;
  auto walked = ForEachCase(kAllow, model::kArchX86_64, 0, {&clause, 1}, limits,
                            [&](const model::Call& call) {
                              if (!Holds(condition, call.args)) return true;
                              found = call.args;
                              return false;
                            });
  if (!walked && !found) return std::unexpected(std::move(walked.error()));
  return found;
}

}  // namespace ringfence::evaluate
