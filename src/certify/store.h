// Store: which claims were proved before, by this user.
//
//   if (auto store = Store::Open("/home/u/.cache/ringfence/proofs")) {
//     if (store->Has(claim)) ...
//     store->Add(claim);
//   }
//
// An entry saves the work of a proof, and nothing else hangs on it: every
// compile compares filter and source by evaluate::Confirm all the same. So the
// folder needs no more protection than its owner's other files. It is used
// only if it belongs to the caller and nobody else may write to it; an entry
// counts only if its content is what Add writes.
#pragma once

#include <optional>
#include <string>

#include "base/unique_fd.h"
#include "bundle/bundle.h"

namespace ringfence::certify {

class Store {
 public:
  // Makes the last three parts of `folder` if they are missing. Nothing: there
  // is no folder that can be used.
  [[nodiscard]] static std::optional<Store> Open(const std::string& folder);

  [[nodiscard]] bool Has(const bundle::FilterProof& claim) const;
  // Best effort: an entry that cannot be written is proved again.
  void Add(const bundle::FilterProof& claim) const;

 private:
  explicit Store(UniqueFd folder) : folder_(std::move(folder)) {}

  UniqueFd folder_;
};

}  // namespace ringfence::certify
