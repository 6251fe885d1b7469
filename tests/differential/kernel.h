// A filter in the running kernel, tried in a child process.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "bpf/program.h"

namespace ringfence {

struct LiveCall {
  uint32_t number = 0;
  std::array<uint64_t, 6> args{};
};

struct LiveRun {
  int refused = 0;           // errno of the installation; 0: installed
  std::vector<int> results;  // errno of each call that returned; 0: it did
  int signal = 0;            // that ended the child; 0: none
};

// Installs `code` in a child with no_new_privs and makes `calls` there, in
// order. The filter must allow exit_group. The calls are really made: choose
// harmless ones.
LiveRun RunInKernel(std::span<const bpf::Instruction> code,
                    std::span<const LiveCall> calls);

}  // namespace ringfence
