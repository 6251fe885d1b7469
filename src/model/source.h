// Source: the place in a profile or workload file that decided something.
//
// It travels with every decision into the bundle, so that the launcher can
// name a line of YAML without reading YAML.
#pragma once

#include <cstdint>
#include <string>

namespace ringfence::model {

struct Source {
  std::string file;     // as the user named it; empty: decided by Ringfence
  uint32_t line = 0;    // 1-based; 0: none
  uint32_t column = 0;  // 1-based; 0: none
  bool operator==(const Source&) const = default;
};

}  // namespace ringfence::model
