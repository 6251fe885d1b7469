// The bytes of the ledger, and the bytes of two files that are never written
// but locked.
//
//   0       Header
//   256     RawClass: what everybody in the ledger is compatible with
//   4 KiB   kRecords index entries, 8 bytes each; 0: the record is free
//   20 KiB  kRecords records, 256 bytes each
//   1 TiB   lock bytes of those who come and those who wait
//
// The other file, beside it, is empty, and its byte N is locked for as long as
// the sandbox of record N lives. It is a file of its own because each lock
// call on a file walks the locks that others hold there (posix_lock_inode in
// fs/locks.c), and so does each close(2) of it: the ledger itself has few.
//
// All that are in the ledger are compatible, so it names their class once: two
// that are not cannot be written down.
//
// Integers are in the machine's order: the files live on a tmpfs and never
// leave their boot. Nothing that is written at once crosses a page, and a write
// within a page cannot be cut short by a signal, so kill -9 leaves nothing
// half-written.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "admit/record.h"
#include "base/result.h"
#include "sys/lock.h"

namespace ringfence::admit {

inline constexpr uint32_t kRecords = 2048;

inline constexpr std::array<char, 8> kMagic{'R', 'F', 'L', 'E',
                                            'D', 'G', 'E', 'R'};
inline constexpr uint32_t kFormat = 3;

// Who is in the critical section; pid 0: nobody, or not said yet.
struct Holder {
  int32_t pid = 0;
  uint32_t uid = 0;
  uint64_t start = 0;  // as sys::StartTime
};

// Where process ids mean something.
struct Boot {
  std::array<char, 40> id{};   // NUL-padded
  uint64_t pid_namespace = 0;  // inode
  bool operator==(const Boot&) const = default;
};

struct Header {
  std::array<char, 8> magic = kMagic;
  uint32_t format = kFormat;
  uint32_t records = kRecords;
  Boot boot;
  uint64_t presence = 0;  // inode of the file with the sandboxes' locks
  Holder holder;
};
static_assert(sizeof(Header) == 88);

struct RawClass {
  uint32_t colocate = 0;
  uint32_t unused = 0;
  std::array<char, 64> level{};  // all NUL: nobody has been here yet
  std::array<char, 64> tenant{};
  bool operator==(const RawClass&) const = default;
};

struct RawInit {
  int32_t pid = 0;
  uint32_t unused = 0;
  uint64_t start = 0;
  bool operator==(const RawInit&) const = default;
};

struct RawRecord {
  uint32_t uid = 0;
  int32_t supervisor_pid = 0;
  uint64_t supervisor_start = 0;
  int64_t since_ms = 0;
  uint64_t since_boot_ms = 0;
  RawInit init;
  std::array<char, 64> name{};
  std::array<char, 64> tenant{};
  EnforcedLimits limits;
  std::array<char, 40> reserved{};
  bool operator==(const RawRecord&) const = default;
};
static_assert(sizeof(RawRecord) == 256);

inline constexpr off_t kClassAt = 256;
inline constexpr off_t kIndexAt = 4096;
inline constexpr off_t kRecordsAt =
    kIndexAt + off_t{kRecords} * off_t{sizeof(uint64_t)};
inline constexpr off_t kFileSize =
    kRecordsAt + off_t{kRecords} * off_t{sizeof(RawRecord)};

[[nodiscard]] constexpr off_t IndexAt(uint32_t slot) {
  return kIndexAt + off_t{slot} * off_t{sizeof(uint64_t)};
}
[[nodiscard]] constexpr off_t RecordAt(uint32_t slot) {
  return kRecordsAt + off_t{slot} * off_t{sizeof(RawRecord)};
}

// In the ledger: makes check-and-claim one critical section.
inline constexpr off_t kLocksAt = off_t{1} << 40;
inline constexpr sys::Range kAdmissionLock{kLocksAt, 1};
// In the ledger: who waits its turn holds a byte of these (turn.h).
inline constexpr sys::Range kTurnLocks{kLocksAt + (off_t{1} << 22),
                                       off_t{1} << 30};
// In the presence file: the sandbox of this record lives.
[[nodiscard]] constexpr sys::Range RecordLock(uint32_t slot) {
  return {off_t{slot}, 1};
}
inline constexpr sys::Range kAllRecordLocks{0, kRecords};

// [a-z][a-z0-9-]*, at most 63 bytes: names of workloads, levels and tenants.
[[nodiscard]] bool IsName(std::string_view text);

// What an index entry says of the sandbox at its place: a hash, never 0. Who
// looks for a name reads the records of equal hashes only.
[[nodiscard]] uint64_t IndexEntry(std::string_view name, model::HostUid uid);

// Which pair of SELinux categories a workload has, of model::kCategoryPairs: by
// who it is, so that it keeps it for the files that it wrote before.
[[nodiscard]] uint32_t CategoryPair(uint64_t index_entry);
[[nodiscard]] uint32_t CategoryPair(std::string_view name, model::HostUid uid);

// What workloads of `level` are compatible with. Two levels with equal keys
// (decide.h) give the same class. Check: its texts are names.
[[nodiscard]] RawClass EncodeClass(const model::TrustLevel& level);
// nullopt: it makes no sense. The level is empty where nobody has been yet.
[[nodiscard]] std::optional<model::TrustLevel> DecodeClass(const RawClass& raw);

// Check: every string is a name (the tenant may be empty).
[[nodiscard]] RawRecord Encode(const Record& record);
// Allocates nothing.
[[nodiscard]] bool MakesSense(const RawRecord& raw);
// `of`: the class in the ledger. nullopt: it makes no sense.
[[nodiscard]] std::optional<Record> Decode(const RawRecord& raw,
                                           const model::TrustLevel& of);

// Says that the record in `slot` counts, or, with 0, that it is free.
[[nodiscard]] Result<void> WriteIndex(int ledger, uint32_t slot,
                                      uint64_t entry);

}  // namespace ringfence::admit
