// From a plan to a running sandbox: clone, id maps, ledger, relay, release.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "admit/claim.h"
#include "base/unique_fd.h"
#include "bundle/bundle.h"
#include "launch/cgroup.h"
#include "launch/prepared.h"
#include "launch/refusal.h"
#include "sys/process.h"

namespace ringfence::launch {

// A process beside the sandbox that passes connections into it.
struct Relay {
  sys::Child process;
  UniqueFd alive;  // closing it ends the relay
};

struct Sandbox {
  sys::Child init;
  UniqueFd control;  // our end; closing it ends the sandbox
  Relay relay;       // empty where nothing is relayed
};

struct RelayProgram {
  std::string path;
  std::vector<std::string> listens;  // "127.0.0.1:8080,proxy", one a socket
  std::vector<int> sockets;
};

// Clones init into namespaces and the cgroup of its own, writes its id maps,
// notes it in the ledger, starts the relay if `relay.sockets` has any, and
// releases init to take its steps. `control` is the pair whose other end
// `prepared` names. On failure nothing is left running and nothing of the
// workload has run.
[[nodiscard]] std::expected<Sandbox, Refusal> Spawn(const Prepared& prepared,
                                                    const Cgroup& cgroup,
                                                    admit::Claim& claim,
                                                    UniqueFd control,
                                                    const RelayProgram& relay);

// Init is gone and has not said why: somebody killed it.
[[nodiscard]] Refusal InitEnded();

// Ends and reaps what is left of `process`.
void EndProcess(const sys::Child& process, int signal);

}  // namespace ringfence::launch
