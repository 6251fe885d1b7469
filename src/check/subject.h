// Subject: what a gate judges, a trust level or a workload, resolved.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/identity.h"
#include "model/seccomp.h"
#include "prove/layers.h"
#include "resolve/level.h"
#include "syntax/diagnostic.h"

namespace ringfence::check {

// One thing that a file asks for, and where.
struct Asked {
  std::string what;
  syntax::Span at;
};
struct Amount {
  std::optional<uint64_t> amount;  // nothing: no limit
  syntax::Span at;
};

// What `requires` bounds. Of a workload, only what its file asks for: what
// every sandbox has is not there.
struct Bounded {
  std::vector<Asked> capabilities;
  std::vector<Asked> may_read;
  std::vector<Asked> may_write;
  std::vector<Asked> may_execute;
  std::vector<Asked> modes;
  std::vector<Asked> modules;
  Amount processes;
  Amount open_files;
  Amount memory;     // bytes
  Amount cpu;        // thousandths of a core
  Amount disk_read;  // bytes a second
  Amount disk_write;
  model::Colocate colocate = model::Colocate::kSameLevel;
  syntax::Span colocate_at;
};

struct Subject {
  std::string file;  // as the user named it
  std::string name;
  bool is_level = false;
  // Its level, and what that extends, outermost last.
  std::vector<std::string> levels;
  std::vector<model::SeccompPolicy> policies;
  Bounded bounded;
  prove::Layers ceilings;  // a level's
  prove::Layers bounds;    // what a level bounds by numbers and sets
  std::vector<resolve::DangerousEntry> dangerous;
  std::vector<resolve::LevelTest> tests;
  syntax::Span span;  // of its name
};

// The line that decides about a call, if one of the policies is for it.
[[nodiscard]] model::Source SourceOf(
    const std::vector<model::SeccompPolicy>& policies, const model::Call& call);

}  // namespace ringfence::check
