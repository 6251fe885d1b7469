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

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/confinement.h"
#include "resolve/chain.h"
#include "resolve/files.h"
#include "resolve/lookup.h"
#include "syntax/diagnostic.h"
#include "syntax/document.h"

namespace ringfence::resolve {

// A level that a workload was resolved with, for the next one.
struct KnownLevel {
  Chain chain;
  std::vector<model::SeccompPolicy> seccomp;
  model::Denials denials;
  std::vector<model::ProfileFile> profiles;
  ReadFiles read;  // `chain` points into it
};
// By name. Only what holds no error is in it, and only as `find` found it: who
// looks in other places begins anew.
using KnownLevels = std::map<std::string, KnownLevel>;

// `document` must hold a Workload; anything else is a diagnostic.
[[nodiscard]] std::optional<model::Confinement> ResolveWorkload(
    const syntax::Document& document, const FindFile& find,
    syntax::Diagnostics& diagnostics);
// The same for many workloads: each level is read and resolved once.
[[nodiscard]] std::optional<model::Confinement> ResolveWorkload(
    const syntax::Document& document, KnownLevels& known, const FindFile& find,
    syntax::Diagnostics& diagnostics);

}  // namespace ringfence::resolve
