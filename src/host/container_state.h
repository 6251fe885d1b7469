// The containers that OCI runtimes keep state of below /run.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace ringfence::host {

// Names of the entries of a directory, sorted; none if it cannot be read.
[[nodiscard]] std::vector<std::string> NamesIn(const std::string& folder);

// "crun:web" by the id of the container's first process, for crun, runc,
// Docker and containerd, of root and of users. Directories that are closed to
// the caller go into `limits`, a clause each.
[[nodiscard]] std::map<pid_t, std::string> ReadContainerStates(
    const std::string& run, std::vector<std::string>& limits);

}  // namespace ringfence::host
