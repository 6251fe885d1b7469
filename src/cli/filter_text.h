// A filter in the forms that `ringfence compile` writes: bytes for the kernel,
// text for people, JSON for container runtimes; and what it costs.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "bpf/program.h"
#include "evaluate/confirm.h"
#include "model/seccomp.h"

namespace ringfence::cli {

// What the kernel takes: struct sock_filter one after another.
[[nodiscard]] std::string RawFilter(const bpf::Program& program);

// One instruction a line, with the names of calls. Where the arguments of a
// call begin to be looked at, the line says whose they are and which lines of
// the profile the tests are from.
[[nodiscard]] std::string FilterText(const model::SeccompPolicy& policy,
                                     const bpf::Program& program);

// For each call: whether the kernel answers it without running the filter, and
// the longest way through it.
[[nodiscard]] std::string CostText(const model::SeccompPolicy& policy,
                                   const bpf::Program& program);

// "public.yaml:12", or who decided where no line did.
[[nodiscard]] std::string DeciderText(const model::Source& source);

}  // namespace ringfence::cli
