// ringfence-relay: passes connections into a sandbox. See relay.h for how,
// arguments.h for its command line, confine.h for what it gives up.
//
// Started by the launcher inside the sandbox's user and network namespace,
// outside its PID and mount namespace. Writes one byte to --ready when it is
// confined and serves, and serves until --alive ends or SIGTERM comes. Exit
// codes: 0 it was told to stop, 1 it failed, 2 its arguments are wrong.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <vector>

#include "relay/arguments.h"
#include "relay/confine.h"
#include "relay/relay.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/signal.h"

namespace ringfence::relay {
namespace {

// Kept for the descriptors that are not connections: standard error, epoll,
// the signal queue, and some to spare.
constexpr size_t kOtherDescriptors = 16;

// As many as the limit of open files allows, at two descriptors each.
Result<size_t> ConnectionsThatFit(size_t routes) {
  RF_ASSIGN(const auto limit, sys::GetLimit(RLIMIT_NOFILE));
  const size_t taken = kOtherDescriptors + routes;
  if (limit.soft < taken + 2) {
    return std::unexpected(SysError{"prlimit64", EMFILE});
  }
  return std::min<size_t>((limit.soft - taken) / 2, kMaxConnections);
}

[[noreturn]] void Fail(const SysError& error) {
  dprintf(STDERR_FILENO, "ringfence-relay: %s: %s\n", error.call,
          std::strerror(error.err));
  ::_exit(1);
}

// Does not return unless it fails.
Result<void> Run(const Arguments& arguments) {
  std::vector<int> kept = {arguments.alive, arguments.ready};
  for (const Route& route : arguments.routes) kept.push_back(route.listener);
  RF_TRY(CloseOthers(kept));
  RF_TRY(GiveUpPrivileges());
  RF_TRY(sys::BlockSignals());
  RF_ASSIGN(const UniqueFd signals, sys::SignalQueue());
  RF_ASSIGN(const size_t connections,
            ConnectionsThatFit(arguments.routes.size()));
  RF_ASSIGN(Relay relay, Relay::Create({.routes = arguments.routes,
                                        .alive = arguments.alive,
                                        .signals = signals.get(),
                                        .max_connections = connections}));
  UniqueFd ready(arguments.ready);
  RF_TRY(Install(ServeFilter()));
  // From here on no way leads through a destructor: they would give memory
  // back, and the filter has no calls for that.
  if (const auto told = sys::WriteAll(ready.get(), "R"); !told) {
    Fail(told.error());
  }
  ready.reset();
  if (const auto served = relay.Serve(); !served) Fail(served.error());
  ::_exit(0);
}

int Main(std::span<const char* const> argv) {
  const auto arguments = ParseArguments(argv.subspan(1));
  if (!arguments) {
    dprintf(STDERR_FILENO, "ringfence-relay: %s\n", arguments.error().c_str());
    return 2;
  }
  Fail(Run(*arguments).error());
}

}  // namespace
}  // namespace ringfence::relay

int main(int argc, char** argv) {
  return ringfence::relay::Main({argv, static_cast<size_t>(argc)});
}
