// What a file allows that it did not allow in another revision.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "check/finding.h"
#include "cli/load.h"

namespace ringfence::cli {

// Empty: nothing is looser. `revision` must exist; a file that it does not have
// is new, and `is_new` says so. At most kMostLoosenings findings: the last one
// counts the others.
inline constexpr size_t kMostLoosenings = 8;
struct Loosenings {
  std::vector<check::Finding> findings;
  bool is_new = false;
};
[[nodiscard]] std::expected<Loosenings, LoadError> FindLoosenings(
    const std::string& revision, const std::string& file,
    const std::string& profiles, const std::vector<std::string>& folders);

// An error, as a sentence, if git does not know it.
[[nodiscard]] std::expected<void, std::string> CheckRevision(
    const std::string& revision);

}  // namespace ringfence::cli
