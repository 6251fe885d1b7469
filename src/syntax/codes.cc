#include "syntax/codes.h"

#include <algorithm>
#include <cctype>

namespace ringfence::syntax {

std::string Id(Code code) {
  std::string digits = std::to_string(static_cast<unsigned>(code));
  return "RF" + std::string(4 - digits.size(), '0') + digits;
}

std::optional<CodeEntry> FindCode(std::string_view id) {
  const auto same = [](char a, char b) {
    return std::toupper(static_cast<unsigned char>(a)) == b;
  };
  for (const CodeEntry& entry : AllCodes()) {
    if (std::ranges::equal(id, Id(entry.code), same)) return entry;
  }
  return std::nullopt;
}

}  // namespace ringfence::syntax
