// Pack: the artefacts of one workload -> the bytes of a bundle.
//
//   std::vector<uint8_t> bytes = Pack(artefacts);
//   bundle::Open(bytes);   // gives the same values back
//
// Pure, and the same bytes for the same artefacts on any machine.
#pragma once

#include <cstdint>
#include <vector>

#include "bundle/bundle.h"
#include "evaluate/confirm.h"
#include "model/confinement.h"
#include "model/landlock.h"

namespace ringfence::pack {

// `filters` are programs that were compared with their policy for every call:
// nothing else can be packed. They stand in the order of
// confinement.seccomp.
struct Artefacts {
  const model::Confinement& confinement;
  std::vector<model::ViewEntry> view;  // in mount order
  model::landlock::Ruleset landlock;
  std::vector<model::ResourceLimit> resource_limits;
  uint64_t capabilities = 0;
  std::vector<evaluate::Confirmed> filters;
  std::vector<bundle::FilterProof> proofs;  // of `filters`, in their order
};

[[nodiscard]] std::vector<uint8_t> Pack(const Artefacts& artefacts);

}  // namespace ringfence::pack
