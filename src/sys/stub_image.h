// The stub (stub_main.cc) as bytes: the launcher puts it into the sandbox.
#pragma once

#include <string_view>

namespace ringfence::sys {

[[nodiscard]] std::string_view StubImage();

}  // namespace ringfence::sys
