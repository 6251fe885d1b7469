#include "launch/readback.h"

#include <charconv>

namespace ringfence::launch {
namespace {

// Cuts the next number off `text`, which may begin with blanks.
std::optional<uint64_t> TakeNumber(std::string_view& text, int base) {
  const size_t start = text.find_first_not_of(" \t");
  if (start == std::string_view::npos) return std::nullopt;
  uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] =
      std::from_chars(text.data() + start, end, number, base);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(stop - text.data()));
  return number;
}

// Real, effective, saved and file system id: all four.
bool AllFour(std::string_view field, uint32_t id) {
  for (int i = 0; i < 4; ++i) {
    if (TakeNumber(field, 10) != id) return false;
  }
  return true;
}

}  // namespace

std::string_view StatusField(std::string_view status, std::string_view name) {
  while (!status.empty()) {
    const std::string_view line = status.substr(0, status.find('\n'));
    if (line.size() > name.size() + 1 && line.starts_with(name) &&
        line.substr(name.size(), 2) == ":\t") {
      return line.substr(name.size() + 2);
    }
    status.remove_prefix(std::min(line.size() + 1, status.size()));
  }
  return {};
}

std::optional<uint64_t> StatusNumber(std::string_view status,
                                     std::string_view name, int base) {
  std::string_view field = StatusField(status, name);
  return TakeNumber(field, base);
}

const char* Broken(std::string_view status, const Promise& promise) {
  if (!AllFour(StatusField(status, "Uid"), promise.uid)) {
    return "the user id is not the one promised";
  }
  if (!AllFour(StatusField(status, "Gid"), promise.gid)) {
    return "the group id is not the one promised";
  }
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
    if (StatusNumber(status, set, 16) != promise.capabilities) {
      return "a capability set is not the one promised";
    }
  }
  if (StatusNumber(status, "NoNewPrivs", 10) != 1) {
    return "no_new_privs is not set";
  }
  if (StatusNumber(status, "Seccomp_filters", 10) != promise.filters) {
    return "the number of system call filters is not the one promised";
  }
  if (promise.filters > 0 && StatusNumber(status, "Seccomp", 10) != 2) {
    return "seccomp is not in filter mode";
  }
  return nullptr;
}

bool IsSingleMap(std::string_view map, uint32_t inside, uint32_t outside) {
  return TakeNumber(map, 10) == inside && TakeNumber(map, 10) == outside &&
         TakeNumber(map, 10) == 1 && map == "\n";
}

}  // namespace ringfence::launch
