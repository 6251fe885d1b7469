// The bytes of the host's policy (policy.h): written by src/host, read here.
// Integers are in the machine's order: the file lives on a tmpfs.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>

#include "model/host.h"

namespace ringfence::admit {

inline constexpr mode_t kPolicyMode = 0644;
inline constexpr std::array<char, 8> kPolicyMagic{'R', 'F', 'P', 'O',
                                                  'L', 'I', 'C', 'Y'};
inline constexpr uint32_t kPolicyFormat = 1;

using RawName = std::array<char, 64>;

struct RawRule {
  RawName level{};
  uint32_t count = 0;
  std::array<uint32_t, model::kMaxStartGroups> groups{};
};

// No padding anywhere: every byte is written.
struct RawPolicy {
  std::array<char, 8> magic = kPolicyMagic;
  uint32_t format = kPolicyFormat;
  uint32_t draining = 0;
  uint32_t containers = 0;
  uint32_t services = 0;
  uint32_t accepted_count = 0;
  uint32_t rule_count = 0;
  uint32_t known_count = 0;
  uint32_t unused = 0;
  std::array<RawName, model::kMaxAccepted> accepted{};
  std::array<RawRule, model::kMaxStartRules> rules{};
  std::array<std::array<char, model::kMaxKnownLength + 1>, model::kMaxKnown>
      known{};
};
static_assert(sizeof(RawPolicy) == 40 + 64 * 64 + 64 * 128 + 128 * 128);

}  // namespace ringfence::admit
