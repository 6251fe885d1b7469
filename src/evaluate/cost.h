// CostOf: what a filter costs one system call, as the kernel runs it.
//
//   const CallCost cost = CostOf(program.code(), program.arch(), 0);
//   cost.is_cached;   // read never runs the filter
//   cost.longest;     // the most instructions that it can run
//
// Since Linux 5.11 the kernel tries a new filter on every call number and
// remembers for which of them it allows whatever the arguments are
// (seccomp_is_const_allow and seccomp_cache_prepare_bitmap in
// kernel/seccomp.c). Those calls do not run it any more. Nothing but a plain
// allow is remembered, and only where the way to it loads no argument.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bpf/program.h"
#include "model/seccomp.h"

namespace ringfence::evaluate {

// As the kernel decides it: true only for what it follows to a plain allow.
[[nodiscard]] bool IsConstantAllow(std::span<const bpf::Instruction> code,
                                   uint32_t arch, uint32_t number);

struct CallCost {
  bool is_cached = false;
  // Instructions on the longest way that some arguments may take. Tests of
  // arguments are counted as independent of each other, so it may be more than
  // any call really takes, never less.
  size_t longest = 0;
  bool operator==(const CallCost&) const = default;
};

[[nodiscard]] CallCost CostOf(std::span<const bpf::Instruction> code,
                              uint32_t arch, uint32_t number);

// Where the program begins to look at the arguments of a call; nothing for a
// call that it answers by its number alone.
[[nodiscard]] std::optional<size_t> FirstArgumentLoad(
    std::span<const bpf::Instruction> code, uint32_t arch, uint32_t number);

}  // namespace ringfence::evaluate
