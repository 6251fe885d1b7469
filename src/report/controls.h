// What the facts say about each control of the catalogue.
#pragma once

#include "report/report.h"

namespace ringfence::report {

// "holds", "fails", "undecided"
[[nodiscard]] const char* NameOf(Verdict verdict);

// A catalogue's standards, with a state for each control and each piece of its
// evidence. Rules of gates that name a control are evidence for it.
[[nodiscard]] Json JudgeControls(const Facts& facts, const Json& catalogue);

}  // namespace ringfence::report
