// ringfence inspect: everything that is known about one workload.
#pragma once

namespace ringfence::cli {

int RunInspect(int argc, char** argv);

}  // namespace ringfence::cli
