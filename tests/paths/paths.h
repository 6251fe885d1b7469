// Where the checkout and its build are, for tests that read files of theirs.
//
// Compiled in here alone: a test's object is then the same in whatever folder
// the checkout lies, and ccache has it.
#pragma once

#include <string>

namespace ringfence {

[[nodiscard]] std::string SourceDirectory();  // absolute
[[nodiscard]] std::string BinaryDirectory();  // absolute; programs: /bin

}  // namespace ringfence
