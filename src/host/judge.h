// Judge: what the facts mean for a launch, and what to do about it.
#pragma once

#include <string>
#include <vector>

#include "host/facts.h"

namespace ringfence::host {

struct Finding {
  enum class State {
    kOk,
    kDegraded,  // launches work, with less than a host can give
    kMissing,   // launches are refused
  };
  std::string protection;
  State state = State::kOk;
  std::string detail;  // a clause
  std::string remedy;  // one command or sentence; empty where all is well
  bool operator==(const Finding&) const = default;
};

// In a fixed order, one for each protection. [pure]
[[nodiscard]] std::vector<Finding> Judge(const Facts& facts);

// Of these, what keeps every launch of that user from this host, whatever its
// profile asks for. What depends on the profile is
// launch::CheckRequirements's to say. [pure]
[[nodiscard]] std::vector<Finding> JudgeAnyLaunch(const Facts& facts);

}  // namespace ringfence::host
