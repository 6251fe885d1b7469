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

  // What a host would not do as asked, by its facts.
  struct Objection {
    size_t item = 0;
    std::string host;
    std::string why;
    std::string remedy;
    std::string place;  // of what asks for it
  };
  std::vector<Objection> refused;
  std::vector<Objection> cut;  // with lower limits, it would run
};

// Reads `path` and the files that it names. `facts`: a file with those of every
// host that has none in the Placement; empty: of none. nullopt: `build` has the
// problems.
[[nodiscard]] std::optional<PlanInput> ReadPlanInput(const std::string& path,
                                                     const std::string& facts,
                                                     Build& build);

}  // namespace ringfence::cli
