// Sight: what a workload sees at a path, and why.
//
//   const Sight sight = LookAt(bundle.view, "/bin/sh");
//   sight.path      /usr/bin/sh, after the links of the view itself
//   Describe(sight) "/usr is shown there, for reading and executing"
//
// It answers from the view alone. Whether the host has a file below a directory
// that is shown, and what its mode is, only the host can tell.
#pragma once

#include <string>
#include <vector>

#include "model/filesystem.h"

namespace ringfence::launch {

struct Sight {
  std::string path;
  const model::ViewEntry* entry = nullptr;  // null: nothing is shown there
};

// `view` is in mount order, parents first, and must outlive the result. `path`
// is absolute and normal.
[[nodiscard]] Sight LookAt(const std::vector<model::ViewEntry>& view,
                           std::string path);

// What may be done there: a mount and Landlock allow the same.
[[nodiscard]] model::Rights RightsAt(const Sight& sight);

// A clause without a full stop; it names the line of the workload that shows
// the path, where there is one.
[[nodiscard]] std::string Describe(const Sight& sight);

}  // namespace ringfence::launch
