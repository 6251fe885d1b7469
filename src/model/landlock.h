// Landlock as numbers: the access bits of every ABI up to 7, and a ruleset.
//
// Debian 12's kernel headers stop at ABI 2, so the bits of later ABIs are
// spelled out here. Source: include/uapi/linux/landlock.h of Linux 6.15.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ringfence::model::landlock {

inline constexpr uint64_t kExecute = 1u << 0;
inline constexpr uint64_t kWriteFile = 1u << 1;
inline constexpr uint64_t kReadFile = 1u << 2;
inline constexpr uint64_t kReadDir = 1u << 3;
inline constexpr uint64_t kRemoveDir = 1u << 4;
inline constexpr uint64_t kRemoveFile = 1u << 5;
inline constexpr uint64_t kMakeChar = 1u << 6;
inline constexpr uint64_t kMakeDir = 1u << 7;
inline constexpr uint64_t kMakeReg = 1u << 8;
inline constexpr uint64_t kMakeSock = 1u << 9;
inline constexpr uint64_t kMakeFifo = 1u << 10;
inline constexpr uint64_t kMakeBlock = 1u << 11;
inline constexpr uint64_t kMakeSym = 1u << 12;
inline constexpr uint64_t kRefer = 1u << 13;     // ABI 2
inline constexpr uint64_t kTruncate = 1u << 14;  // ABI 3
inline constexpr uint64_t kIoctlDev = 1u << 15;  // ABI 5

inline constexpr uint64_t kBindTcp = 1u << 0;     // ABI 4
inline constexpr uint64_t kConnectTcp = 1u << 1;  // ABI 4

inline constexpr uint64_t kScopeAbstractUnix = 1u << 0;  // ABI 6
inline constexpr uint64_t kScopeSignal = 1u << 1;        // ABI 6

inline constexpr uint32_t kNewestAbi = 7;

// Rights that ABI `abi` knows; a ruleset is cut to them at launch.
[[nodiscard]] constexpr uint64_t FsRights(uint32_t abi) {
  uint64_t rights = kRefer - 1;
  if (abi >= 2) rights |= kRefer;
  if (abi >= 3) rights |= kTruncate;
  if (abi >= 5) rights |= kIoctlDev;
  return rights;
}
[[nodiscard]] constexpr uint64_t NetRights(uint32_t abi) {
  return abi >= 4 ? kBindTcp | kConnectTcp : 0;
}
[[nodiscard]] constexpr uint64_t Scopes(uint32_t abi) {
  return abi >= 6 ? kScopeAbstractUnix | kScopeSignal : 0;
}

struct PathRule {
  std::string path;  // inside the sandbox
  uint64_t rights = 0;
  bool operator==(const PathRule&) const = default;
};

// Everything of `fs`, `net` and `scopes` is denied but for `paths`. The
// launch is refused below `required_abi`; bits of a later ABI than the host's
// are reported as not enforced.
struct Ruleset {
  uint64_t fs = FsRights(kNewestAbi);
  uint64_t net = 0;
  uint64_t scopes = Scopes(kNewestAbi);
  uint32_t required_abi = 1;
  std::vector<PathRule> paths;
  bool operator==(const Ruleset&) const = default;
};

}  // namespace ringfence::model::landlock
