// Paths as text: no file system is looked at.
#pragma once

#include <string>
#include <string_view>

namespace ringfence::resolve {

// True if `path` is `tree` or lies below it, by whole components. Both are
// absolute and normalised; "/" holds everything.
[[nodiscard]] bool IsInside(std::string_view path, std::string_view tree);

// `path` without empty and `.` components, `..` applied to the component before
// it; a `..` at the front of a relative path stays, one at / goes. "." for an
// empty result. Wrong where a component is a symbolic link: only for comparing
// what was written.
[[nodiscard]] std::string Normalise(std::string_view path);

}  // namespace ringfence::resolve
