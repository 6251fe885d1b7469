// One line of the event log: an event, and what binds it to the one before it.
//
//   {"seq":17,"at_ms":1764343000000,"uid":1000,"pid":4711,"kind":"launch",
//    "name":"web",...,"prev":"<64 digits>","digest":"<64 digits>"}
//
// on one line. `digest` is the BLAKE2b-256 of all bytes of the line in front of
// `,"digest":`, and `prev` the digest of the event before it, so no byte can
// change, and no line can go, come or move, without breaking the chain.
// docs/log.md says what stands in the events of each kind.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ringfence::audit {

enum class Kind {
  kSegment,    // a file of the log begins
  kRecovered,  // an unfinished line was taken away (log.h)
  kLaunch,     // a workload has been admitted, and is about to start
  kStarted,    // it runs; what the kernel enforces on it was read back
  kRefusal,    // a launch was refused, and its program has not run
  kDenial,     // a call of it was denied, for the first time
  kEnd,        // it has ended
  kHost,       // root has changed the host: init, deinit, accept, drain
};
[[nodiscard]] std::string_view NameOf(Kind kind);

// What somebody wants to have in the log.
struct Entry {
  Kind kind = Kind::kLaunch;
  std::string members;  // JSON members without braces; may be empty
};

// 64 hexadecimal digits in lower case.
using Digest = std::string;
// What the first event of a log follows.
[[nodiscard]] Digest NoDigest();
[[nodiscard]] bool IsDigest(std::string_view text);

// With its line break.
inline constexpr size_t kMaxLine = 64 * 1024;

// The place of an event in the chain.
struct Link {
  uint64_t seq = 0;  // of the last event; 0: there is none yet
  Digest digest = NoDigest();
  bool operator==(const Link&) const = default;
};

// Who writes, and when.
struct Writer {
  int64_t at_ms = 0;  // since 1970 UTC
  uid_t uid = 0;
  pid_t pid = 0;
};

// The line of `entry`, with its line break, and in `last` the place that it
// takes. May be longer than kMaxLine.
[[nodiscard]] std::string MakeLine(const Entry& entry, const Writer& writer,
                                   Link& last);

// What a line says of itself.
struct Parsed {
  uint64_t seq = 0;
  Writer writer;
  std::string_view kind;
  std::string_view members;
  std::string_view prev;
  std::string_view digest;
  bool holds = false;  // the digest is that of the line
};
// `line`: without its line break. nullopt: it does not have the form above.
[[nodiscard]] std::optional<Parsed> ParseLine(std::string_view line);

// How many bytes of `text` are whole lines that hold and follow `last`, each
// the one before it; `last` becomes the last of them.
[[nodiscard]] size_t Follow(std::string_view text, Link& last);

// Whether the file with this text begins segment `segment` of the log, and
// follows `last`.
[[nodiscard]] bool Continues(std::string_view text, uint64_t segment,
                             const Link& last);
[[nodiscard]] Entry SegmentEntry(uint64_t segment);

}  // namespace ringfence::audit
