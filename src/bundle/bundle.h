// Bundle: the compiled form of one workload, as plain values.
//
//   auto bundle = bundle::Open(bytes);
//   if (!bundle) Refuse(bundle.error());
//
// Pack (src/pack) writes it, Open verifies and reads it, the launcher applies
// it. Opening what Pack wrote gives the same value back.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "bpf/program.h"
#include "model/confinement.h"
#include "model/denial.h"
#include "model/filesystem.h"
#include "model/identity.h"
#include "model/landlock.h"
#include "model/limits.h"
#include "model/network.h"

namespace ringfence::bundle {

inline constexpr size_t kDigestSize = 32;

// BLAKE2b-256.
struct Digest {
  uint8_t bytes[kDigestSize] = {};
  bool operator==(const Digest&) const = default;
};
[[nodiscard]] Digest DigestOf(std::span<const uint8_t> bytes);
// Of the instructions as the kernel takes them: struct sock_filter.
[[nodiscard]] Digest DigestOf(std::span<const bpf::Instruction> code);

// What was proved when the bundle was made: the program with this digest
// equals, for every call, the policy with this digest. Which bytes of a policy
// are digested is certify::ClaimOf's to say.
struct FilterProof {
  Digest source;
  Digest program;
  bool operator==(const FilterProof&) const = default;
};

struct Bundle {
  std::string name;
  model::TrustLevel level;
  uint32_t level_depth = 0;  // how many levels that level extends
  model::User user;
  uint64_t capabilities = 0;           // mask of the CAP_* kept inside
  std::vector<model::ViewEntry> view;  // in mount order: parents first
  model::landlock::Ruleset landlock;
  std::vector<bpf::Program> filters;  // one an architecture
  std::vector<model::ResourceLimit> resource_limits;
  model::CgroupLimit memory;
  model::CgroupLimit cpu;
  model::CgroupLimit disk_read;
  model::CgroupLimit disk_write;
  uint64_t time_ms = 0;
  model::Network network;
  model::Stop stop;
  model::MandatoryAccess mandatory_access;
  std::vector<std::string> command;
  std::vector<std::string> environment;
  std::string working_directory;
  std::vector<model::ProfileFile> profiles;
  // Of filters.front()'s architecture; those answered by `explain`.
  model::Denials denials;
  std::vector<FilterProof> proofs;  // one a filter, in their order
  bool operator==(const Bundle&) const = default;
};

// A bundle file: this header, then a FlatBuffers Bundle (bundle.fbs).
inline constexpr char kMagic[8] = {'R', 'F', 'B', 'U', 'N', 'D', 'L', '\0'};
inline constexpr uint32_t kFormat = 2;
inline constexpr size_t kHeaderSize = 48;  // magic, 8 bytes length, digest
inline constexpr size_t kMaxSize = 8u << 20;

// Why a bundle cannot be used, as a sentence without a full stop.
struct Unusable {
  std::string why;
};

// Verifies length, digest, FlatBuffers structure and every value's range
// before anything is read from it. `bytes` need not outlive the call.
[[nodiscard]] std::expected<Bundle, Unusable> Open(
    std::span<const uint8_t> bytes);

}  // namespace ringfence::bundle
