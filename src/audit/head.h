// Head: where the log ends, in a file of its own, so that a log whose end was
// cut off is told from one that simply has no more events.
//
// One line of fixed length, written at once under the log's lock after the
// events are on the disk. So it may be behind the log, by what a writer that
// was killed had written; it is never before it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "audit/line.h"

namespace ringfence::audit {

struct Head {
  uint64_t first = 0;    // the oldest segment that is kept
  uint64_t segment = 0;  // the newest
  uint64_t bytes = 0;    // of it
  Link last;
  bool operator==(const Head&) const = default;
};

inline constexpr size_t kHeadSize = 165;

[[nodiscard]] std::string Encode(const Head& head);
// An empty text is the head of a log without events. nullopt: it makes no
// sense.
[[nodiscard]] std::optional<Head> DecodeHead(std::string_view text);

}  // namespace ringfence::audit
