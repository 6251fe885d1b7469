// The rows of a verdict table; README.md says what the fields mean.
//
//   for (const VerdictRow& row : LoadVerdicts("tests/verdicts", "public")) ...
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/seccomp.h"

namespace ringfence {

struct VerdictRow {
  std::string file;
  size_t line = 0;
  std::string arch;          // as written
  std::string text;          // the call as written
  uint32_t policy_arch = 0;  // whose policy and program judge the call
  model::Call call;
  model::Action expected = model::Action::kAllow;  // kQuiet: any errno denial
  uint16_t error = 0;                              // kQuiet
  bool live = false;
  std::string why;
};

// The rows of one table.
std::vector<VerdictRow> LoadVerdictFile(const std::string& path);

// The rows for `level`: its own table's and those of every level. A line that
// cannot be read is a failure of the running test.
std::vector<VerdictRow> LoadVerdicts(const std::string& folder,
                                     std::string_view level);

// Whether `answer` is what the row expects: explain and quiet with the same
// errno are equal.
[[nodiscard]] bool IsExpected(const VerdictRow& row,
                              const model::Answer& answer);

}  // namespace ringfence
