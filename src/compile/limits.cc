#include "compile/limits.h"

#include <sys/resource.h>

#include <algorithm>

namespace ringfence::compile {

std::vector<model::ResourceLimit> CompileLimits(const model::Limits& limits) {
  std::vector<model::ResourceLimit> compiled{
      // 1, not 0: a core handler behind a pipe still runs at 0 (core(5)).
      {RLIMIT_CORE, 1},
      {RLIMIT_NPROC, limits.processes},
      {RLIMIT_NOFILE, limits.open_files},
  };
  std::ranges::sort(compiled, {}, &model::ResourceLimit::resource);
  return compiled;
}

}  // namespace ringfence::compile
