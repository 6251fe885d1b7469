// `ringfence report`: what holds, and the evidence for it.
#pragma once

namespace ringfence::cli {

[[nodiscard]] int RunReport(int argc, char** argv);

}  // namespace ringfence::cli
