// Who the caller is, and the names of users and groups.
//
// Names come from /etc/passwd and /etc/group, read plainly: a static program
// cannot use NSS, whose modules are shared objects. A user that only LDAP
// knows has a number and no name here.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ringfence::sys {

struct Caller {
  uid_t uid = 0;              // effective
  gid_t gid = 0;              // effective
  std::vector<gid_t> groups;  // supplementary
};
[[nodiscard]] Result<Caller> GetCaller();

// One line of /etc/passwd or /etc/group: the name and its number.
struct NamedId {
  std::string name;
  uint32_t id = 0;
  bool operator==(const NamedId&) const = default;
};

// Files over 16 MiB are EFBIG. Lines that are not NAME:PASSWORD:NUMBER... are
// passed over, as glibc does.
[[nodiscard]] Result<std::vector<NamedId>> ReadUsers();
[[nodiscard]] Result<std::vector<NamedId>> ReadGroups();
[[nodiscard]] std::vector<NamedId> ParseNamedIds(std::string_view text);

[[nodiscard]] std::optional<uint32_t> IdOf(const std::vector<NamedId>& table,
                                           std::string_view name);
// The first name of `id`, or its decimal digits.
[[nodiscard]] std::string NameOf(const std::vector<NamedId>& table,
                                 uint32_t id);

}  // namespace ringfence::sys
