// Layers: everything that confines a workload besides its system calls, and
// what is tighter.
//
//   for (const LayerChange& c : CompareLayers(before, after))
//     if (c.direction == Direction::kLooser) ...
//
// A trust level gives ceilings, a workload or a bundle gives values; two of
// the same kind are compared. The comparison is exact, no sample: rights over
// paths change only at the paths that are listed, so the listed paths of both
// sides stand for all.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/filesystem.h"
#include "model/landlock.h"

namespace ringfence::prove {

// What holds at a path and below, up to the next listed path.
struct Tree {
  model::Rights rights;
  std::string origin;  // what shows there; empty for a ceiling
  bool operator==(const Tree&) const = default;
};

// An amount that cannot be exceeded; nothing: no limit.
struct Limit {
  std::optional<uint64_t> amount;
  bool required = true;  // false: enforced where the host can
  bool operator==(const Limit&) const = default;
};

struct Layers {
  std::set<std::string> capabilities;
  std::map<std::string, Tree> trees;  // by absolute path; "/" has no rights
  std::set<std::string> network_modes;
  std::set<std::string> listens;  // "127.0.0.1:80 through a relay"
  std::map<std::string, Limit> limits;
  // The modules of which any one must confine it.
  std::set<std::string> mandatory_access;
  int colocate = 0;  // model::Colocate
  std::optional<model::landlock::Ruleset> landlock;
  // What has no order: user, command, environment, ...
  std::map<std::string, std::string> other;
  bool operator==(const Layers&) const = default;
};

enum class Direction : uint8_t {
  kLooser,
  kTighter,
  kOther,  // neither: a command, a user id
};

struct LayerChange {
  Direction direction = Direction::kOther;
  std::string layer;  // "capability", "path", "limit", ...
  std::string what;   // one line: "/srv is newly writable"
  bool operator==(const LayerChange&) const = default;
};

// In a fixed order of layers, by path and name within each.
[[nodiscard]] std::vector<LayerChange> CompareLayers(const Layers& before,
                                                     const Layers& after);

// The trees of a level's ceilings, and of a workload's view.
[[nodiscard]] std::map<std::string, Tree> TreesOf(
    const model::Ceilings& ceilings);
[[nodiscard]] std::map<std::string, Tree> TreesOf(
    const std::vector<model::ViewEntry>& view);

}  // namespace ringfence::prove
