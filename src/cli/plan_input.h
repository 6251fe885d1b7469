// What `ringfence plan` is asked about, from whichever kind of file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/build.h"
#include "placement/plan.h"

namespace ringfence::cli {

struct PlanInput {
  placement::Input input;
  // What the items of one group need in common, in the words of the format.
  enum class Format { kPlacement, kCompose, kKubernetes };
  Format format = Format::kPlacement;
  std::vector<std::string> not_considered;  // `what (file:line)`
};

// Reads `path` and the files that it names. nullopt: `build` has the problems.
[[nodiscard]] std::optional<PlanInput> ReadPlanInput(const std::string& path,
                                                     Build& build);

}  // namespace ringfence::cli
