#include "cli/usage.h"

#include <cstdio>

#include "cli/complain.h"
#include "syntax/render.h"

namespace ringfence::cli {

int Usage(const std::string& why) {
  std::fprintf(stderr, "error: %s\n", syntax::Escape(why).c_str());
  return kBadUsage;
}

}  // namespace ringfence::cli
