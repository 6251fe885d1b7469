// A cgroup from the user's systemd: a transient scope with Delegate=yes.
//
//   auto moved = bus::MoveIntoScope({.pid = 4711, .unit = "x.scope", ...});
//
// The manager of this user moves the process there, and removes the cgroup with
// everything below it as soon as nobody is in it. It is asked on its own socket
// (/run/user/UID/systemd/private), so that no session bus has to run and the
// environment says nothing. Sources: org.freedesktop.systemd1(5),
// systemd.scope(5), systemd.resource-control(5).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <string>

namespace ringfence::bus {

struct Scope {
  uid_t uid = 0;
  pid_t pid = 0;
  std::string unit;  // "ringfence-4711.scope"
  std::string description;
  bool keep = false;  // where the process's own unit has Delegate=yes
};

// Returns once the process is there, or, with `keep`, where it has to stay. The
// error is a clause, no full stop.
[[nodiscard]] std::expected<void, std::string> MoveIntoScope(
    const Scope& scope);

}  // namespace ringfence::bus
