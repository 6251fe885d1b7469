// A witness of who ran when, that knows nothing of the ledger: workloads write
// the time into shared memory for as long as they run.
#pragma once

#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "admit/decide.h"
#include "model/identity.h"

namespace ringfence::admit {

inline uint64_t NowNs() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<uint64_t>(now.tv_nsec);
}

// The classes that workloads are drawn from.
inline const std::vector<model::TrustLevel>& Kinds() {
  static const std::vector<model::TrustLevel> kinds{
      {"public", "", model::Colocate::kSameLevel},
      {"untrusted", "", model::Colocate::kSameLevel},
      {"internal", "shop", model::Colocate::kSameTenant},
      {"internal", "bank", model::Colocate::kSameTenant},
      {"critical", "", model::Colocate::kAlone}};
  return kinds;
}

// One launch. Times are CLOCK_MONOTONIC in nanoseconds, 0: never.
struct Sighting {
  std::atomic<int> kind{-1};            // an index of Kinds()
  std::atomic<uint64_t> granted_ns{0};  // admitted, as the supervisor learned
  std::atomic<uint64_t> last_ns{0};     // the workload's last sign of life
};

// How many were admitted while the workload of one admitted before them, that
// they may not meet, still ran.
inline size_t CountOverlaps(std::span<const Sighting> sightings) {
  std::vector<const Sighting*> order;
  for (const Sighting& sighting : sightings) {
    if (sighting.granted_ns != 0) order.push_back(&sighting);
  }
  std::ranges::sort(order, {},
                    [](const Sighting* s) { return s->granted_ns.load(); });
  // The latest sign of life of each kind, of those admitted so far.
  std::vector<uint64_t> last(Kinds().size(), 0);
  size_t overlaps = 0;
  for (const Sighting* sighting : order) {
    const auto own = static_cast<size_t>(sighting->kind.load());
    for (size_t kind = 0; kind < last.size(); ++kind) {
      if (!Compatible(Kinds()[own], Kinds()[kind]) &&
          last[kind] > sighting->granted_ns) {
        ++overlaps;
        break;
      }
    }
    last[own] = std::max(last[own], sighting->last_ns.load());
  }
  return overlaps;
}

}  // namespace ringfence::admit
