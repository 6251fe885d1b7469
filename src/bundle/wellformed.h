// The ranges of a bundle's values: what FlatBuffers' own check cannot know.
#pragma once

#include <expected>
#include <string_view>

#include "bundle/bundle.h"

namespace ringfence::bundle {

// [a-z][a-z0-9-]*, at most 63 bytes.
[[nodiscard]] bool IsName(std::string_view text);
// Absolute, no empty, "." or ".." component, no NUL, no trailing slash.
[[nodiscard]] bool IsNormalPath(std::string_view path);

// Every invariant that the launcher relies on: ids are not 0, enumerations
// are in range, paths are normal, no string holds a NUL, there is a filter.
[[nodiscard]] std::expected<void, Unusable> CheckWellFormed(
    const Bundle& bundle);

}  // namespace ringfence::bundle
