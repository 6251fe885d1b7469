// A level with everything it inherits, in the form that resolving a workload
// goes on from.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "resolve/call_set.h"
#include "resolve/files.h"
#include "resolve/level.h"
#include "resolve/seccomp.h"
#include "syntax/diagnostic.h"
#include "syntax/document.h"

namespace ringfence::resolve {

// One level of a chain, and the calls as they are after it.
struct LevelStep {
  const syntax::TrustLevel* own = nullptr;  // lives as long as the Files
  LevelCalls calls;
};

struct Chain {
  ResolvedLevel level;  // without `seccomp`, `denials`, `tests`, `profiles`
  std::vector<LevelStep> steps;  // root first
  LevelCalls calls;
};

// `own` with its ancestors. Nothing if the chain has no end: an unknown level
// or a circle. Other errors are diagnostics and the result goes on.
[[nodiscard]] std::optional<Chain> ResolveChain(
    const syntax::TrustLevel& own, Files& files, CallSets& sets,
    syntax::Diagnostics& diagnostics);

}  // namespace ringfence::resolve
