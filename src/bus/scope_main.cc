// ringfence-scope: moves a process into a cgroup of its own.
//
//   ringfence-scope PID UNIT DESCRIPTION [keep]
//
// A program of its own, so that no launch that needs no bus loads the bus's
// library. Exit code 0: the process is there; 1: it is not, and standard output
// says why. ringfence-cli runs it for itself; people do not type it.

#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <string_view>

#include "bus/scope.h"

int main(int argc, char** argv) {
  ringfence::bus::Scope scope{
      .uid = ::geteuid(), .unit = {}, .description = {}};
  scope.keep = argc == 5 && std::string_view(argv[4]) == "keep";
  const std::string_view pid = argc == 4 || scope.keep ? argv[1] : "";
  const auto [end, error] =
      std::from_chars(pid.data(), pid.data() + pid.size(), scope.pid);
  if (error != std::errc() || end != pid.data() + pid.size()) {
    std::puts("usage: ringfence-scope PID UNIT DESCRIPTION [keep]");
    return 1;
  }
  scope.unit = argv[2];
  scope.description = argv[3];
  const auto moved = ringfence::bus::MoveIntoScope(scope);
  if (moved) return 0;
  std::puts(moved.error().c_str());
  return 1;
}
