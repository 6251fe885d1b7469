// CompileRule: one rule of a profile -> a model::Condition of one architecture.
#pragma once

#include <cstdint>
#include <optional>

#include "model/seccomp.h"
#include "resolve/syscall_table.h"
#include "syntax/diagnostic.h"
#include "syntax/document.h"

namespace ringfence::resolve {

// `rule.syscall` is `syscall`. Arguments are found by the names of its table
// entry; their order may differ between architectures. The condition holds
// where every test of `when` holds and not every test of `unless` does.
// Nothing, with diagnostics, for an unknown argument or constant, a pointer, a
// value that does not fit.
[[nodiscard]] std::optional<model::Condition> CompileRule(
    const syntax::Rule& rule, const Syscall& syscall,
    syntax::Diagnostics& diagnostics);

}  // namespace ringfence::resolve
