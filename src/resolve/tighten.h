// Tighten: every key of a level but `seccomp` and `tests`, applied to the
// level it extends.
#pragma once

#include <vector>

#include "resolve/level.h"
#include "syntax/diagnostic.h"
#include "syntax/document.h"

namespace ringfence::resolve {

// Sets what `own` says in `level`, which holds what the level it extends
// resolved to. A loosening is a diagnostic that points at both lines, and is
// not applied. With `has_parent` false, `own` is a root and every key it lacks
// is a diagnostic.
void Tighten(const syntax::TrustLevel& own, bool has_parent,
             ResolvedLevel& level, syntax::Diagnostics& diagnostics);

// This version maps a single id; `ids: subordinate` is a diagnostic.
void RefuseSubordinateIds(const syntax::User& user,
                          syntax::Diagnostics& diagnostics);

}  // namespace ringfence::resolve
