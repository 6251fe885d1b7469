// The command line of ringfence-relay.
//
//   ringfence-relay --alive FD --ready FD --listen FD=ADDRESS:PORT[,proxy]
//
// --listen may be repeated, kMaxRoutes times at most; an IPv6 address stands
// in brackets. Descriptors are numbers from 3 on, each used once. The address
// must be a loopback address: the sandbox has no other, and so a relay
// that runs in the wrong network namespace reaches nothing but that one's own.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <vector>

#include "relay/route.h"

namespace ringfence::relay {

struct Arguments {
  int alive = -1;
  int ready = -1;
  std::vector<Route> routes;
};

// `arguments` without the program's name. The error is a sentence for people.
[[nodiscard]] std::expected<Arguments, std::string> ParseArguments(
    std::span<const char* const> arguments);

}  // namespace ringfence::relay
