// The event log as a report shows it (report/facts.h).
#pragma once

#include <expected>
#include <string>

#include "report/facts.h"

namespace ringfence::cli {

// `copy`: the directory of a copy; empty: the log of this host, or of this
// user. An error is a sentence without a full stop.
[[nodiscard]] std::expected<report::Log, std::string> LogFacts(
    const std::string& copy);

}  // namespace ringfence::cli
