// The names by which mandatory access control knows a sandbox. Policy that
// root loads and launches that select it have nothing else in common.
#pragma once

#include <string>

namespace ringfence::model {

// AppArmor profiles: of a level, and of one workload of it. Names hold no dot
// themselves, so the two never meet.
[[nodiscard]] inline std::string LevelProfile(const std::string& level) {
  return "ringfence-" + level;
}
[[nodiscard]] inline std::string WorkloadProfile(const std::string& level,
                                                 const std::string& workload) {
  return "ringfence-" + level + "." + workload;
}

// A label changes at an exec only. This program, in the sandbox's root, is
// what the launcher executes first: it checks its label and then executes the
// workload's.
inline constexpr char kStubPath[] = "/.ringfence-stub";

}  // namespace ringfence::model
