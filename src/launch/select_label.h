// Whether the kernel lets this process select a label for its next program.
#pragma once

#include <string>

namespace ringfence::launch {

// 0, or the errno with which writing `selection` to `attribute`, a file of
// procfs, is refused. What is selected cannot be taken back, so a child tries.
[[nodiscard]] int TryLabel(const char* attribute, const std::string& selection);

}  // namespace ringfence::launch
