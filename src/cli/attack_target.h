// The target outside that the techniques of `attack` try to reach: a process of
// its own, for as long as this value lives.
#pragma once

#include <sys/types.h>

#include <expected>
#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace ringfence::cli {

class AttackTarget {
 public:
  // The path of ringfence-attacker. The error is a sentence without full stop.
  [[nodiscard]] static std::expected<AttackTarget, std::string> Start(
      const std::string& attacker);

  AttackTarget(AttackTarget&&) = default;
  AttackTarget& operator=(AttackTarget&&) = delete;
  ~AttackTarget();

  // What it is, KEY=VALUE, as ringfence-attacker takes it.
  [[nodiscard]] const std::vector<std::string>& facts() const { return facts_; }

 private:
  AttackTarget(pid_t pid, UniqueFd alive)
      : pid_(pid), alive_(std::move(alive)) {}

  pid_t pid_;
  UniqueFd alive_;  // its standard input
  std::vector<std::string> facts_;
};

}  // namespace ringfence::cli
