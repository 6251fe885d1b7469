// Reading the event log, and saying whether it is what was written.
//
//   auto place = FindPlace(HostUid(geteuid()));
//   if (!place) ... Describe(place.error())
//   const auto contents = Load(*place);
//   const Verdict verdict = Read(*contents, [](const Event& event) { ... });
//   for (const Finding& finding : verdict.findings) ...
//
// Everything is read under a read lock of the log, at most kFiles segments,
// so what is seen is the log at one instant; the rest is done on the copy.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/head.h"
#include "audit/line.h"
#include "audit/place.h"

namespace ringfence::audit {

struct Segment {
  std::string file;  // its name in the directory
  std::string text;
};

// The log at one instant.
struct Contents {
  std::string path;  // of the directory, for people
  std::string head;  // the text of the file
  // By file: segment N is in files[N % kFiles].
  std::vector<Segment> files;
};
[[nodiscard]] std::expected<Contents, Problem> Load(const Place& place);

// One event. The views are of the Contents.
struct Event {
  uint64_t seq = 0;
  int64_t at_ms = 0;  // since 1970 UTC
  uint32_t uid = 0;   // of the user, as the kernel told the writer
  int32_t pid = 0;    // of the supervisor: the same in all events of a launch
  std::string_view kind;    // NameOf(Kind), or one of a later version
  std::string_view json;    // the line, a JSON object (docs/log.md)
  std::string_view digest;  // the line's, in it
  std::string_view file;    // where it stands
  uint64_t line = 0;        // there, from 1
};

// Something that Ringfence has not written, or that is gone.
struct Finding {
  std::string file;
  uint64_t line = 0;  // 0: the file as a whole
  std::string what;   // a sentence without a full stop
};

struct Verdict {
  std::vector<Finding> findings;  // none: the log is what was written
  bool more_findings = false;     // than kMaxFindings
  uint64_t events = 0;
  uint64_t first_seq = 0;  // 0: there are no events
  Link last;               // what a copy elsewhere is compared with
  // Bytes behind the last event that a writer which was killed, or found the
  // disk full, has left there. Nobody was told that they are logged; the next
  // writer takes them away and says so in the log.
  uint64_t unfinished = 0;
};
inline constexpr size_t kMaxFindings = 100;

// Calls `each` for every line that has the form of an event, in their order,
// whether or not it is what was written.
Verdict Read(const Contents& contents,
             const std::function<void(const Event&)>& each = {});

}  // namespace ringfence::audit
