// Text inside of HTML and XML.
#pragma once

#include <string>
#include <string_view>

namespace ringfence::report {

// As the text of an element or an attribute. Control characters stay.
[[nodiscard]] std::string Markup(std::string_view text);

}  // namespace ringfence::report
