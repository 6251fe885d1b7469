// What an audit of one filter finds.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "cli/load.h"
#include "prove/audit.h"

namespace ringfence::cli {

struct Finding {
  // width         the filter reads more of an argument than the kernel does
  // architecture  calls of another architecture are judged by wrong numbers
  // x32           calls of the x32 ABI get a weaker answer
  // equivalent    a denied call can be had by another name
  // dead          a part of the filter that no call reaches
  std::string id;
  bool weakens = false;  // it lets pass what the filter denies elsewhere
  std::string what;      // one sentence without a full stop, with the witness
};

// Sorted by kind, then by architecture and number.
[[nodiscard]] std::expected<std::vector<Finding>, prove::Undecided> Audit(
    const Loaded& loaded);

}  // namespace ringfence::cli
