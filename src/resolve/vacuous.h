// Rules whose condition decides nothing: it never holds, or it always does.
//
//   - {syscall: clone, when: {flags: {all_of: [CLONE_VM]}},
//                      unless: {flags: {any_of: [CLONE_VM]}}}      never
//   - {syscall: socket, when: {family: {range: [-2147483648, 2147483647]}}}
//
// The first would be a permission that permits nothing, the second a
// restriction that restricts nothing; both compile, and neither is what its
// author meant.
#pragma once

#include <vector>

#include "model/seccomp.h"
#include "resolve/seccomp.h"
#include "resolve/syscall_table.h"
#include "syntax/diagnostic.h"
#include "syntax/document.h"

namespace ringfence::resolve {

// `condition` is what CompileRule made of `rule`. True, with a diagnostic, if
// it never holds.
bool RefuseNever(const syntax::Rule& rule, const Syscall& syscall,
                 const model::Condition& condition,
                 syntax::Diagnostics& diagnostics);

// The same if it always holds.
bool RefuseAlways(const syntax::Rule& rule, const model::Condition& condition,
                  syntax::Diagnostics& diagnostics);

// The same if `condition` never holds where one of the rules of each level
// above does. `arch` is an index into kArchitectures.
bool RefuseNeverBelow(const std::vector<RuleSet>& above, size_t arch,
                      const syntax::Rule& rule,
                      const model::Condition& condition,
                      syntax::Diagnostics& diagnostics);

}  // namespace ringfence::resolve
