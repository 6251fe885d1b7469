// Everything the child needs, laid out before the clone.
//
// Init and the workload's process only read it: nothing is allocated, looked
// up or converted after the clone.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/least_limits.h"
#include "launch/plan.h"
#include "launch/readback.h"
#include "sys/confine.h"

namespace ringfence::launch {

// The namespaces whose inode numbers are compared with the supervisor's.
inline constexpr std::array<const char*, 7> kNamespaceFiles = {
    "self/ns/user", "self/ns/mnt", "self/ns/pid",   "self/ns/net",
    "self/ns/ipc",  "self/ns/uts", "self/ns/cgroup"};
inline constexpr size_t kNetworkNamespace = 3;

struct Prepared {
  Plan plan;
  std::vector<char*> arguments;    // NULL-terminated
  std::vector<char*> environment;  // NULL-terminated
  sys::FilterCode workload_filter;
  sys::FilterCode init_filter;
  // Landlock's handled rights, cut to the kernel's ABI.
  uint64_t landlock_fs = 0;
  uint64_t landlock_net = 0;
  uint64_t landlock_scopes = 0;

  // Descriptors of the supervisor; the child moves them where they belong.
  std::array<int, 3> stdio = {0, 1, 2};
  std::array<bool, 3> on_terminal = {};  // kTerminal puts it there instead
  TerminalStart terminal;
  std::vector<int> handed_over;  // to the workload, as 3, 4, ...
  int control = -1;              // init's end of the channel
  int claim = -1;                // the ledger's locks

  // What has to be read back.
  Promise init;
  Promise workload;
  uint32_t host_uid = 0;
  uint32_t host_gid = 0;
  bool own_network = true;
  std::array<uint64_t, kNamespaceFiles.size()> supervisor_namespaces = {};
};

inline constexpr size_t kMaxHandedOver = 32;

}  // namespace ringfence::launch
