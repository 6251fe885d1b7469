#include "sys/user.h"

#include <unistd.h>

#include <charconv>
#include <utility>

#include "sys/file.h"
#include "sys/outcome.h"

namespace ringfence::sys {
namespace {

constexpr size_t kLimit = size_t{16} << 20;

std::optional<NamedId> ParseLine(std::string_view line) {
  const size_t name_end = line.find(':');
  if (name_end == 0 || name_end == std::string_view::npos) return {};
  const size_t id_begin = line.find(':', name_end + 1);
  if (id_begin == std::string_view::npos) return {};
  std::string_view digits = line.substr(id_begin + 1);
  digits = digits.substr(0, digits.find(':'));
  NamedId entry{.name = std::string(line.substr(0, name_end))};
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), entry.id);
  if (error != std::errc{} || digits.empty() ||
      end != digits.data() + digits.size()) {
    return {};
  }
  return entry;
}

Result<std::vector<NamedId>> ReadTable(const char* path) {
  RF_ASSIGN(const std::string text, ReadFile(path, kLimit));
  return ParseNamedIds(text);
}

}  // namespace

Result<Caller> GetCaller() {
  Caller caller{.uid = ::geteuid(), .gid = ::getegid()};
  for (;;) {
    RF_ASSIGN(const size_t count, Count("getgroups", ::getgroups(0, nullptr)));
    caller.groups.resize(count);
    const int got = ::getgroups(static_cast<int>(count), caller.groups.data());
    if (got >= 0) {
      caller.groups.resize(static_cast<size_t>(got));
      return caller;
    }
    // EINVAL: the list grew since it was counted.
    if (errno != EINVAL) return Failed("getgroups");
  }
}

Result<std::vector<NamedId>> ReadUsers() { return ReadTable("/etc/passwd"); }
Result<std::vector<NamedId>> ReadGroups() { return ReadTable("/etc/group"); }

std::vector<NamedId> ParseNamedIds(std::string_view text) {
  std::vector<NamedId> table;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    if (auto entry = ParseLine(text.substr(0, end))) {
      table.push_back(std::move(*entry));
    }
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return table;
}

std::optional<uint32_t> IdOf(const std::vector<NamedId>& table,
                             std::string_view name) {
  for (const NamedId& entry : table) {
    if (entry.name == name) return entry.id;
  }
  return std::nullopt;
}

std::string NameOf(const std::vector<NamedId>& table, uint32_t id) {
  for (const NamedId& entry : table) {
    if (entry.id == id) return entry.name;
  }
  return std::to_string(id);
}

}  // namespace ringfence::sys
