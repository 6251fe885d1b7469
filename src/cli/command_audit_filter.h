// `ringfence audit-filter`: what is wrong with a filter, whoever wrote it.
#pragma once

namespace ringfence::cli {

// `argv[0]` is "audit-filter". Returns the exit code.
[[nodiscard]] int RunAuditFilter(int argc, char** argv);

}  // namespace ringfence::cli
