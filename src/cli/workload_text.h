// A workload made from the options of `ringfence run --trust`.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace ringfence::cli {

struct CommandLineWorkload {
  std::string name;  // empty: made from the program's name and the process id
  std::string trust;
  std::string tenant;               // empty: none
  std::vector<std::string> read;    // host paths, shown where they are, or
  std::vector<std::string> write;   // HOST:INSIDE, shown at INSIDE
  std::vector<std::string> listen;  // "127.0.0.1:8080"
  std::string time_limit;           // "60s"; empty: none
  std::string program;              // found on PATH
};

// The same as a workload file: it goes through the parser like any other, so
// there is one way in. JSON, which is YAML. The program's arguments are not in
// it: like those of a bundle they go to the launcher, and may be as long as the
// kernel takes. Nothing: a word is not UTF-8, which no workload file could hold
// either.
[[nodiscard]] std::optional<std::string> WorkloadText(
    const CommandLineWorkload& workload);

}  // namespace ringfence::cli
