// Rows of the verdict tables, tried in the running kernel.
//
//   for (const VerdictRow& row : LoadVerdicts(folder, "public")) {
//     if (const auto operation = ProbeOperation(row)) operations.push_back(...)
//   }
//   // ... run the probe with them in a sandbox and outside ...
//   EXPECT_NE(Judge(row, inside, outside), LiveFinding::kWrong);
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "verdicts/verdict_table.h"

namespace ringfence::live {

// The probe's operation for a row; none where the row must not be made live or
// is about another architecture than this machine's.
std::optional<std::string> ProbeOperation(const VerdictRow& row);

enum class LiveFinding {
  kHolds,
  // The kernel answers outside as the filter shall answer inside, so this row
  // says nothing about the filter here. To be counted, and never to be all.
  kUndecided,
  kWrong,
};

// `inside` and `outside` are the probe's results.
[[nodiscard]] LiveFinding Judge(const VerdictRow& row, std::string_view inside,
                                std::string_view outside);

}  // namespace ringfence::live
