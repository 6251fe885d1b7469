// Where the event log lives, and whether what is there can be trusted.
//
// Host scope: /var/log/ringfence, made by `ringfence host init`, which outlives
// boots: root:ringfence 0750, its files 0660, as the ledger's. User scope:
// RUN/user/UID/ringfence/log, 0700, made on demand, gone when the user has
// logged out for the last time (docs/adr/0013). Which of the two counts is
// decided as for the ledger, and paths come from the uid, never from the
// environment.
//
//   head            where the log ends (head.h)
//   events-0.jsonl  to events-7.jsonl: segment N of the log is in the file
//                   N mod 8, so a new segment takes the place of the oldest
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "admit/place.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "model/identity.h"

namespace ringfence::audit {

inline constexpr char kHead[] = "head";
inline constexpr uint64_t kFiles = 8;

// "events-3.jsonl"
[[nodiscard]] std::string FileOf(uint64_t segment);

// Why the log cannot be used. `remedy` is a command or a sentence.
struct Problem {
  std::string path;
  std::string what;    // a clause that follows the path
  std::string remedy;  // may be empty
  int err = 0;         // errno, where a system call said no
};
[[nodiscard]] std::string Describe(const Problem& problem);

struct Place {
  admit::Scope scope = admit::Scope::kUser;
  std::string path;  // of the directory, for people
  UniqueFd directory;
  bool checked = true;         // owner and mode count; not those of a copy
  model::HostUid owner;        // of the files
  uint32_t mode = 0;           // of the files
  uint64_t segment_bytes = 0;  // a segment is no longer than this
};

// The log that counts for this user. In user scope it is made.
[[nodiscard]] std::expected<Place, Problem> FindPlace(model::HostUid uid);
// The same below other directories than /run and /var/log. `configured`: root
// has said in admit::kHostFile that the host is initialised.
[[nodiscard]] std::expected<Place, Problem> FindPlaceBelow(
    int run, const std::string& logs, bool configured, model::HostUid uid);
// A copy that somebody has put somewhere, to read.
[[nodiscard]] std::expected<Place, Problem> OpenCopy(const std::string& path);

// Opens a file of the log, and checks its type, owner and mode. In user scope
// a missing one is made. `writable`: else only to read.
[[nodiscard]] std::expected<UniqueFd, Problem> OpenFile(const Place& place,
                                                        const std::string& name,
                                                        bool writable);

// What `host init` does as root: makes the directory `logs`/ringfence and its
// files where they are missing. What is there and is not as it must be is a
// Problem: a log is evidence, and nothing here replaces it.
[[nodiscard]] std::expected<void, Problem> MakeHostPlace(
    const std::string& logs, model::HostGid group);

}  // namespace ringfence::audit
