// Writing the event log.
//
//   const Entry entry{Kind::kLaunch, members};
//   const auto logged = Append(HostUid(geteuid()), std::span(&entry, 1));
//   if (!logged) ... Describe(logged.error())
//
// When it returns, the events are on the disk, in this order and behind each
// other, and `kill -9` of anybody does not lose them. Any number of processes
// may write: each holds an OFD lock on the head for as long as it appends.
//
// What a writer that was killed, or whose disk was full, has left behind the
// last event is put right by the next one: events that are complete count, and
// an unfinished line is taken away, which an event of Kind::kRecovered says. A
// log that is otherwise not what its head says is not written to: nothing is
// repaired silently, and the log stays what evidence it is.
//
// Opens what it needs and closes it again, so that no descriptor of the log is
// there when a sandbox is made. Single-threaded; not for use after fork.
#pragma once

#include <cstdint>
#include <expected>
#include <span>

#include "audit/line.h"
#include "audit/place.h"
#include "model/identity.h"

namespace ringfence::audit {

inline constexpr uint32_t kPatienceMs = 10'000;  // for the lock

// In host scope the events go to the journal, too, where there is one: as far
// as it takes them at once. They are in the log whether or not it does.
[[nodiscard]] std::expected<void, Problem> Append(
    model::HostUid uid, std::span<const Entry> entries);
[[nodiscard]] std::expected<void, Problem> AppendTo(
    const Place& place, std::span<const Entry> entries,
    uint32_t patience_ms = kPatienceMs);

}  // namespace ringfence::audit
