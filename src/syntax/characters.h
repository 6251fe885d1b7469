// CheckCharacters: whether a text may be given to a YAML reader at all.
#pragma once

#include <string_view>

#include "syntax/diagnostic.h"

namespace ringfence::syntax {

// False, with diagnostics, if the text is larger than kMaxFileBytes, is not
// UTF-8, has a NUL byte, a control character or one that changes the direction
// of text. Only the first of each kind is reported.
[[nodiscard]] bool CheckCharacters(std::string_view text, std::string_view file,
                                   Diagnostics& diagnostics);

}  // namespace ringfence::syntax
