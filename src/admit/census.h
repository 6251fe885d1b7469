// The census: what the ledger says, held against the locks.
//
//   auto census = TakeCensus(files);
//   for (const Entry& entry : census->alive) ...
//
// It takes no lock. Outside the critical section it is a picture that may be
// out of date, but no record in it is half of one sandbox and half of another.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "admit/place.h"
#include "admit/record.h"
#include "base/result.h"

namespace ringfence::admit {

// Who asks to come in, and so whose records matter.
struct Newcomer {
  const model::TrustLevel& level;
  std::string_view name;
  model::HostUid uid;
  bool categories = false;  // whoever has the same ones matters, too
};

struct Census {
  // The class that the ledger names; without a level: none yet.
  model::TrustLevel of;
  std::vector<uint64_t> index;  // one entry a record; 0: free
  std::vector<Entry> alive;     // running or dying, by slot
  std::vector<uint32_t> dead;   // slots whose sandbox is gone
  uint32_t unseen = 0;          // records that were not looked at
  bool company = false;         // the newcomer may join whoever is there
};

// A string: what is wrong with the content, as a clause.
using CensusError = std::variant<std::string, SysError>;

// Locks that the open file descriptions of `files` hold are invisible to it.
//
// With `newcomer`, in the critical section, it looks at no more than it takes
// to answer: asking the kernel about a thousand sandboxes would take longer
// than the launch. Where the newcomer is of the ledger's class, whether the
// others live or are dead keeps nobody out, and only records of its own name
// are looked at; the dead are found by whoever has no record left, or another
// class. Where it is not, the first kReasons that run are reason enough.
inline constexpr size_t kReasons = 3;
[[nodiscard]] std::expected<Census, CensusError> TakeCensus(
    const Files& files, const Newcomer* newcomer = nullptr);

}  // namespace ringfence::admit
