// `ringfence log show|verify`: the event log, and whether it is what was
// written.
#pragma once

namespace ringfence::cli {

[[nodiscard]] int RunLog(int argc, char** argv);

}  // namespace ringfence::cli
