// ReadYaml: text -> Node. The only place that knows the YAML library, and the
// only place where an exception of it is caught.
//
// It uses the library's events, not its document tree: events carry the place
// of every scalar, tell a quoted scalar from a plain one, report both of two
// equal keys, and do not expand aliases.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "syntax/diagnostic.h"
#include "syntax/node.h"

namespace ringfence::syntax {

// Nothing if there is no tree at all. A tree is returned together with
// diagnostics where the text could be read on: the caller checks it for more
// errors, and then drops it.
[[nodiscard]] std::optional<Node> ReadYaml(std::string_view text,
                                           std::string_view file,
                                           Diagnostics& diagnostics);

// The same for a text of another language, of several documents; those that
// hold nothing are left out. Empty if there is no tree at all. Here an alias
// stands for a copy of what it means, within the bounds of parse.h, and `<<`
// merges mappings.
[[nodiscard]] std::vector<Node> ReadYamlStream(std::string_view text,
                                               std::string_view file,
                                               Diagnostics& diagnostics);

}  // namespace ringfence::syntax
