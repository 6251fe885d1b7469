// Filters for Ringfence's own processes: init and the relay.
//
//   bpf::Program filter = bpf::AllowOnly(AUDIT_ARCH_X86_64,
//                                        {{SYS_read, SYS_exit_group}});
//
// Their lists are short and fixed, so this is a plain chain that a reader can
// check by eye, and it shares nothing with the compiler of profiles.
#pragma once

#include <cstdint>
#include <span>

#include "bpf/program.h"

namespace ringfence::bpf {

// A call that is allowed only where the low 32 bits of one argument are one
// of `values`. Only for arguments that the kernel reads as 32 bits.
struct LimitedCall {
  uint32_t number = 0;
  uint32_t argument = 0;  // 0..5
  std::span<const uint32_t> values;
};

// Kills the process (SECCOMP_RET_KILL_PROCESS) for any other architecture and
// for every call that is in neither list: x32 numbers among them, since they
// carry a bit that no listed number has. A number may be in one list only.
//
// A list too long for one program is a bug of the caller and fails a Check.
Program AllowOnly(uint32_t arch, std::span<const uint32_t> numbers,
                  std::span<const LimitedCall> limited = {});

}  // namespace ringfence::bpf
