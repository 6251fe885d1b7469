// Words for parts of a network.
#pragma once

#include <fmt/format.h>

#include <string>

#include "base/check.h"
#include "model/network.h"
#include "syntax/document.h"

namespace ringfence::cli {

// As files write it.
[[nodiscard]] inline const char* ModeName(syntax::NetworkMode mode) {
  switch (mode) {
    case syntax::NetworkMode::kNone:
      return "none";
    case syntax::NetworkMode::kListen:
      return "listen";
    case syntax::NetworkMode::kConnect:
      return "connect";
    case syntax::NetworkMode::kHost:
      return "host";
  }
  CheckFailed("cli: unknown network mode");
}

[[nodiscard]] inline std::string AddressText(const model::Address& address) {
  if (address.ipv6) return fmt::format("[{}]:{}", address.host, address.port);
  return fmt::format("{}:{}", address.host, address.port);
}

}  // namespace ringfence::cli
