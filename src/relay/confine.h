// The relay's own sandbox.
//
// It shares the workload's user and network namespace and handles what the
// workload and the network send, so it gives up what it does not need: a bug
// in it may cost the relayed connections, never the host.
#pragma once

#include <span>

#include "base/result.h"
#include "bpf/program.h"

namespace ringfence::relay {

// Closes every descriptor but standard error and `kept`.
Result<void> CloseOthers(std::span<const int> kept);

// Dies with its parent; not dumpable, so that no process of the same uid can
// take its sockets (pidfd_getfd(2)) or read its memory; no new privileges.
// EPERM if it holds a capability: joining a user namespace gives all of them,
// and whoever joined it must have dropped them.
Result<void> GiveUpPrivileges();

// What Relay::Serve and the end of the process need, and nothing else. Sockets
// are AF_INET and AF_INET6 only: the relay still sees the host's files, and so
// the host's Unix sockets.
bpf::Program ServeFilter();

// seccomp(2). Not in sanitizer builds, whose runtime makes calls of its own.
Result<void> Install(const bpf::Program& filter);

}  // namespace ringfence::relay
