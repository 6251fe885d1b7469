// Limits only go down: from a level to the one that extends it, and from a
// level to its workload.
#pragma once

#include "resolve/level.h"
#include "syntax/diagnostic.h"
#include "syntax/document.h"

namespace ringfence::resolve {

// Which of the two it is, for messages.
struct Narrowing {
  syntax::Code code = syntax::Code::kLoosensLimit;
  const char* above = "";  // "the level it extends"
};

// The limits in force above, and the result.
struct LimitCeilings {
  Spanned<uint32_t>& processes;
  Spanned<uint32_t>& open_files;
  CgroupCeiling& memory;
  CgroupCeiling& cpu;
  CgroupCeiling& disk_read;
  CgroupCeiling& disk_write;
};

// Applies `own` to `limits`. With `narrowing` null there is nothing above, and
// every value is taken. A value that is higher than the one above, or that
// makes optional what is required, is a diagnostic and is not applied.
void NarrowLimits(const syntax::Limits& own, const Narrowing* narrowing,
                  LimitCeilings limits, syntax::Diagnostics& diagnostics);

}  // namespace ringfence::resolve
