// ResolveWorkload: a workload and its level -> Confinement.
//
//   auto document = syntax::Parse(text, path, diagnostics);
//   auto confinement = ResolveWorkload(*document, find, diagnostics);
//
// Pure but for `find`. The level is default and ceiling: what the workload
// omits it gets from the level, and what it asks beyond the level is an error
// that points at both lines.
//
// Ceilings are literal subtrees over paths inside the sandbox (`at`), matched
// by whole components; the longest listed subtree that holds a path decides,
// and is what a message names. `read` needs may_read, `write` needs may_write
// (which includes reading), `execute: true` needs may_execute as well. Scratch
// space is private memory and needs none. The default view is cut to the
// ceilings without an error.
//
// A host path is checked as text only; symbolic links, and whether a relative
// path (relative to the workload's file) leads into a refused directory, are
// the launcher's to see.
#pragma once

#include <optional>

#include "model/confinement.h"
#include "resolve/lookup.h"
#include "syntax/diagnostic.h"
#include "syntax/document.h"

namespace ringfence::resolve {

// `document` must hold a Workload; anything else is a diagnostic.
[[nodiscard]] std::optional<model::Confinement> ResolveWorkload(
    const syntax::Document& document, const FindFile& find,
    syntax::Diagnostics& diagnostics);

}  // namespace ringfence::resolve
