// Symbolic constants that rules and test calls may use: AF_*, SOCK_*,
// CLONE_*, PROT_*, MAP_*, MSG_*, ioctl requests, PR_*, O_*, errno names...
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringfence::resolve {

// The value of `name`, or nothing. Values are those of x86_64; constants that
// differ between architectures are not in the table.
[[nodiscard]] std::optional<uint64_t> FindConstant(std::string_view name);

// Errno by name ("EPERM" -> 1) and back ("EPERM"; a number as text if unnamed).
[[nodiscard]] std::optional<uint16_t> FindErrno(std::string_view name);
[[nodiscard]] std::string ErrnoName(uint16_t error);

// Every name that FindConstant knows, sorted: what a suggestion is chosen from.
[[nodiscard]] std::vector<std::string_view> AllConstants();

}  // namespace ringfence::resolve
