// What stands in the way of a launch that the ledger does not know: workloads
// that Ringfence did not start, where the rules of the host refuse them.
//
// Asked before ringfence-launch is reached. It is a picture: what starts a
// moment later takes no lock of the ledger, so nothing could hold it off.
#pragma once

#include <optional>
#include <string>

namespace ringfence::cli {

struct InTheWay {
  std::string what;  // a clause, and a line for each of them
  std::string remedy;
  std::string waiting;  // "until ... has ended"
};

// nullopt: nothing; or the ledger cannot be read, which the launch will say.
[[nodiscard]] std::optional<InTheWay> FindForeignInTheWay();

}  // namespace ringfence::cli
