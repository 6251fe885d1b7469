// The bytes of the ledger file, and the bytes far behind it that are never
// written but locked.
//
//   0       Header
//   4 KiB   kClasses class keys, 256 bytes each, NUL-padded
//   260 KiB kRecords records, 512 bytes each
//   1 TiB   lock bytes
//
// Integers are in the machine's order: the file lives on a tmpfs and never
// leaves its boot. No class and no record crosses a page, and a write within
// a page cannot be cut short by a signal, so kill -9 leaves none half-written.
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

inline constexpr uint32_t kClasses = 1024;
inline constexpr uint32_t kRecords = 2048;

inline constexpr std::array<char, 8> kMagic{'R', 'F', 'L', 'E',
                                            'D', 'G', 'E', 'R'};
inline constexpr uint32_t kFormat = 2;

// Who is in the critical section; pid 0: nobody, or not said yet.
struct Holder {
  int32_t pid = 0;
  uint32_t uid = 0;
  uint64_t start = 0;  // as sys::StartTime
};

struct Header {
  std::array<char, 8> magic = kMagic;
  uint32_t format = kFormat;
  uint32_t classes = kClasses;
  uint32_t records = kRecords;
  uint32_t unused = 0;
  std::array<char, 40> boot_id{};  // NUL-padded
  uint64_t pid_namespace = 0;      // inode; process ids mean nothing elsewhere
  Holder holder;
};
static_assert(sizeof(Header) == 88);

struct RawClass {
  std::array<char, 256> key{};  // all NUL: free
};

struct RawInit {
  int32_t pid = 0;
  uint32_t unused = 0;
  uint64_t start = 0;
  bool operator==(const RawInit&) const = default;
};

struct RawRecord {
  uint32_t used = 0;  // 0 or 1; written last, cleared first
  uint32_t colocate = 0;
  uint32_t uid = 0;
  int32_t supervisor_pid = 0;
  uint64_t supervisor_start = 0;
  int64_t since_ms = 0;
  uint64_t since_boot_ms = 0;
  RawInit init;
  int32_t class_index = 0;  // kNoClass: alone
  uint32_t unused = 0;
  std::array<char, 64> name{};
  std::array<char, 64> level{};
  std::array<char, 64> tenant{};
  EnforcedLimits limits;
  std::array<char, 216> reserved{};
  bool operator==(const RawRecord&) const = default;
};
static_assert(sizeof(RawRecord) == 512);

inline constexpr int32_t kNoClass = -1;

inline constexpr off_t kClassesAt = 4096;
inline constexpr off_t kRecordsAt =
    kClassesAt + off_t{kClasses} * off_t{sizeof(RawClass)};
inline constexpr off_t kFileSize =
    kRecordsAt + off_t{kRecords} * off_t{sizeof(RawRecord)};

[[nodiscard]] constexpr off_t ClassAt(uint32_t index) {
  return kClassesAt + off_t{index} * off_t{sizeof(RawClass)};
}
[[nodiscard]] constexpr off_t RecordAt(uint32_t slot) {
  return kRecordsAt + off_t{slot} * off_t{sizeof(RawRecord)};
}

// One lock byte makes check-and-claim one critical section; one byte a class
// says that a sandbox of that class lives; one byte a record says that this
// record's sandbox does.
inline constexpr off_t kLocksAt = off_t{1} << 40;
inline constexpr sys::Range kAdmissionLock{kLocksAt, 1};
inline constexpr off_t kClassLocksAt = kLocksAt + (off_t{1} << 20);
inline constexpr sys::Range kClassLocks{kClassLocksAt, kClasses};
[[nodiscard]] constexpr sys::Range ClassLock(uint32_t index) {
  return {kClassLocksAt + off_t{index}, 1};
}
[[nodiscard]] constexpr sys::Range RecordLock(uint32_t slot) {
  return {kLocksAt + (off_t{1} << 21) + off_t{slot}, 1};
}

// Who waits its turn holds a byte of these (turn.h).
inline constexpr sys::Range kTurnLocks{kLocksAt + (off_t{1} << 22),
                                       off_t{1} << 30};

// [a-z][a-z0-9-]*, at most 63 bytes: names of workloads, levels and tenants.
[[nodiscard]] bool IsName(std::string_view text);

// `used` is left 0. Check: every string is a name (the tenant may be empty).
[[nodiscard]] RawRecord Encode(const Record& record, int32_t class_index);
// Looks at every field but `used`. Allocates nothing.
[[nodiscard]] bool MakesSense(const RawRecord& raw);
// nullopt: it makes no sense.
[[nodiscard]] std::optional<Record> Decode(const RawRecord& raw);

[[nodiscard]] RawClass EncodeClass(std::string_view key);
// nullopt: not terminated. Empty: a free entry.
[[nodiscard]] std::optional<std::string> DecodeClass(const RawClass& raw);

// Says that the record in `slot` counts, or that it is free.
[[nodiscard]] Result<void> WriteUsed(int file, uint32_t slot, bool used);

}  // namespace ringfence::admit
