#include "cli/foreign_check.h"

#include <unistd.h>

#include "admit/ledger.h"
#include "host/foreign.h"

namespace ringfence::cli {

std::optional<InTheWay> FindForeignInTheWay() {
  const auto ledger = admit::Ledger::Open(model::HostUid(::geteuid()));
  if (!ledger) return std::nullopt;
  const auto policy = ledger->Policy();
  if (!policy || !model::AsksForForeign(*policy)) return std::nullopt;
  const auto running = ledger->Running();
  if (!running) return std::nullopt;
  const host::ForeignView view = host::FindForeign({}, *running);
  if (view.hidden) {
    return InTheWay{"this host refuses what Ringfence did not start, and " +
                        view.limits.front() +
                        ", so nobody can say what runs here",
                    "as root: mount -o remount,hidepid=0 /proc",
                    "until /proc shows what runs here"};
  }
  const auto refused = host::RefusedBy(*policy, view.found);
  if (refused.empty()) return std::nullopt;
  InTheWay found{
      "something of unknown trust runs here, that Ringfence did not "
      "start:",
      "stop it, or as root: put its name into `known` of "
      "/etc/ringfence/host.yaml, then ringfence host init",
      "until " + refused.front().name + " has ended"};
  for (const host::Foreign& foreign : refused) {
    found.what += "\n  " + host::Describe(foreign);
  }
  return found;
}

}  // namespace ringfence::cli
