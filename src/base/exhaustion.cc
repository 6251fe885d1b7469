#include "base/exhaustion.h"

#include <unistd.h>

#include <csignal>
#include <new>

namespace ringfence {
namespace {

constexpr int kFailed = 125;

void EndForWantOfMemory() {
  static constexpr char kText[] =
      "ringfence: refused: there is no memory left\n"
      "  help: raise the limit on address space (`ulimit -v`), or free some\n";
  (void)!::write(STDERR_FILENO, kText, sizeof kText - 1);
  ::_exit(kFailed);
}

}  // namespace

void PrepareForExhaustion() noexcept {
  std::set_new_handler(EndForWantOfMemory);
  ::signal(SIGXFSZ, SIG_IGN);
}

}  // namespace ringfence
