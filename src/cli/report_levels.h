// Trust levels as a report shows them (report/facts.h).
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "cli/build.h"
#include "report/facts.h"
#include "resolve/level.h"

namespace ringfence::cli {

// `file` as the user named it. Its filters are compiled and proved; its tests
// are run.
[[nodiscard]] report::Level LevelFacts(const resolve::ResolvedLevel& level,
                                       const std::string& file,
                                       const syntax::Sources& sources,
                                       const syntax::Date& today);

// Every pair of them, both ways.
[[nodiscard]] std::vector<report::Order> OrderFacts(
    const std::vector<resolve::ResolvedLevel>& levels);

}  // namespace ringfence::cli
