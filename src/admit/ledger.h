// The ledger: which sandboxes run on this host, and who may join them.
//
//   auto ledger = Ledger::Open(HostUid(getuid()));
//   if (!ledger) ... Describe(ledger.error())
//   const Request request{.level = level, .name = "web", .uid = uid};
//   auto claim = ledger->Admit(request);
//   if (!claim) ... Describe(claim.error(), request), ExitCode(claim.error())
//
// What is true is what the kernel holds: a sandbox lives while its record is
// locked; the record only says who it is. A dying init gives its descriptors
// up before the kernel has killed the rest of its PID namespace, so a record
// without a lock whose init lives counts as dying, and who is not compatible
// with it waits until the kernel says that the namespace is gone.
//
// It guards against workloads and mistakes. Whoever may open the file can
// also damage it, and then it refuses: nothing is repaired silently.
// Single-threaded.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "admit/claim.h"
#include "admit/place.h"
#include "admit/record.h"
#include "admit/refusal.h"

namespace ringfence::admit {

// How long Admit waits, in milliseconds.
struct Patience {
  uint32_t admission = 10'000;   // for the critical section
  uint32_t dying = 10'000;       // for sandboxes that are being killed
  uint32_t unexplained = 1'000;  // for a lock that no record explains
};

class Ledger {
 public:
  // The ledger that counts for this user. Its path comes from the uid, never
  // from the environment. A host that was set up once (kHostFile) and has no
  // ledger since it booted is unusable: user scope would be a step back.
  [[nodiscard]] static std::expected<Ledger, Unusable> Open(model::HostUid uid);
  // The same below another directory than /run. `group`: of the host scope's
  // directory; nullopt: there is no such group.
  [[nodiscard]] static std::expected<Ledger, Unusable> OpenBelow(
      int run, model::HostUid uid, std::optional<model::HostGid> group);

  [[nodiscard]] Scope scope() const { return place_.scope; }
  [[nodiscard]] const std::string& path() const { return place_.path; }

  // Claims a place, or says why not. Nobody else is admitted between the
  // check and the claim.
  [[nodiscard]] std::expected<Claim, Refusal> Admit(
      const Request& request, const Patience& patience = {}) const;

  // The ledger's file under an open file description of its own.
  [[nodiscard]] std::expected<UniqueFd, Unusable> OpenAnother() const;

  // What root lets run here; in user scope everything.
  [[nodiscard]] std::expected<model::HostPolicy, Unusable> Policy() const;

  // Every sandbox that is not dead, in the order of the table. Waits for
  // nobody, so no process can keep `ps` from looking.
  [[nodiscard]] std::expected<std::vector<Entry>, Unusable> Running() const;

 private:
  Ledger(Place place, Boot boot) : place_(std::move(place)), boot_(boot) {}

  Place place_;
  Boot boot_;
};

}  // namespace ringfence::admit
