// The census: the table of records, held against the locks.
//
//   auto census = TakeCensus(file);
//   for (const Entry& entry : census->alive) ...
//
// It takes no lock. Outside the critical section it is a picture that may be
// out of date, but no record in it is half of one sandbox and half of another.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "admit/record.h"
#include "base/result.h"

namespace ringfence::admit {

// Who asks to come in, and so whose records matter.
struct Newcomer {
  const model::TrustLevel& level;
  std::string_view name;
  model::HostUid uid;
};

struct Census {
  std::vector<Entry> alive;      // running or dying, by slot
  std::vector<int32_t> classes;  // of each of them; kNoClass: alone
  std::vector<uint32_t> dead;    // slots whose sandbox is gone
  std::vector<uint32_t> free;    // slots nobody uses
  size_t company = 0;            // records that were not looked at
};

// A string: what is wrong with the content, as a clause.
using CensusError = std::variant<std::string, SysError>;

// `file`: the ledger, open for reading and writing. Locks that this open file
// description holds itself are invisible to it.
//
// With `newcomer`, records of its own class and another name are only counted:
// whether such a sandbox lives or is dead, it keeps nobody of its class out,
// and asking the kernel about a thousand of them would take longer than the
// launch. The dead among them are found by whoever has no slot left, or another
// class.
[[nodiscard]] std::expected<Census, CensusError> TakeCensus(
    int file, const Newcomer* newcomer = nullptr);

// The index of `key` in the table of classes, written there if it is new. An
// entry that neither a lock nor the census still needs is used again.
// nullopt: none is left. Only in the critical section.
[[nodiscard]] std::expected<std::optional<uint32_t>, CensusError> ClassIndex(
    int file, const Census& census, std::string_view key);

}  // namespace ringfence::admit
