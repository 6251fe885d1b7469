// The seccomp filters of another process: ptrace(2),
// PTRACE_SECCOMP_GET_FILTER.
#pragma once

#include <linux/filter.h>
#include <sys/types.h>

#include <vector>

#include "base/result.h"

namespace ringfence::host {

// Every classic filter of the thread `pid`, the newest first; none: it has
// none. Stops the thread for a moment. Needs CAP_SYS_ADMIN in the first user
// namespace and no filter of one's own (EACCES), a kernel with
// CONFIG_CHECKPOINT_RESTORE (EIO), and the right to trace it (EPERM).
[[nodiscard]] Result<std::vector<std::vector<sock_filter>>> SeccompFilters(
    pid_t pid);

}  // namespace ringfence::host
