#include "admit/census.h"

#include <algorithm>
#include <span>
#include <utility>

#include "admit/decide.h"
#include "admit/layout.h"
#include "sys/file.h"
#include "sys/lock.h"

namespace ringfence::admit {
namespace {

template <typename Raw>
Result<void> ReadRaw(int file, std::span<Raw> raws, off_t at) {
  std::span<std::byte> bytes = std::as_writable_bytes(raws);
  while (!bytes.empty()) {
    RF_ASSIGN(const size_t count, sys::Pread(file, bytes, at));
    if (count == 0) return std::unexpected(SysError{"pread", EBADMSG});
    bytes = bytes.subspan(count);
    at += static_cast<off_t>(count);
  }
  return {};
}

// The first entries of the table at `at`, as many as were ever written; the
// rest of its `count` is zero. Most of a ledger is, and to read a hole costs
// as much as to read data.
template <typename Raw>
Result<std::vector<Raw>> ReadWritten(int file, off_t at, uint32_t count) {
  const off_t size = static_cast<off_t>(sizeof(Raw) * count);
  RF_ASSIGN(const off_t end, sys::EndOfData(file, at, at + size));
  std::vector<Raw> raws((static_cast<size_t>(end - at) + sizeof(Raw) - 1) /
                        sizeof(Raw));
  RF_TRY(ReadRaw(file, std::span(raws), at));
  return raws;
}

struct Reading {
  RawRecord record;
  RawClass key;
  bool locked = false;
};

// One record with its class and its lock, all of one moment: what a sandbox
// wrote lies between two equal reads. The lock is asked first: once it is
// gone nobody of that sandbox can still write, so an init that it noted is
// never missed.
std::expected<Reading, CensusError> ReadConsistently(int file, uint32_t slot) {
  constexpr int kTries = 1000;
  for (int i = 0; i < kTries; ++i) {
    Reading reading;
    RF_ASSIGN(const auto lock,
              sys::GetLock(file, sys::LockKind::kWrite, RecordLock(slot)));
    reading.locked = lock.has_value();
    RF_TRY(ReadRaw(file, std::span(&reading.record, 1), RecordAt(slot)));
    const int32_t index = reading.record.class_index;
    if (index >= 0 && index < static_cast<int32_t>(kClasses)) {
      RF_TRY(ReadRaw(file, std::span(&reading.key, 1),
                     ClassAt(static_cast<uint32_t>(index))));
    }
    RawRecord again;
    RF_TRY(ReadRaw(file, std::span(&again, 1), RecordAt(slot)));
    if (again == reading.record) return reading;
  }
  return std::unexpected("record " + std::to_string(slot) +
                         " changes all the time");
}

Result<bool> Alive(const sys::Process& process) {
  RF_ASSIGN(const UniqueFd pidfd, sys::OpenIfAlive(process));
  return static_cast<bool>(pidfd);
}

std::expected<void, CensusError> Count(int file, uint32_t slot,
                                       Census& census) {
  RF_ASSIGN(const Reading reading, ReadConsistently(file, slot));
  // Released since the table was read.
  if (reading.record.used == 0) return {};
  const auto record = Decode(reading.record);
  const auto key = DecodeClass(reading.key);
  if (reading.record.used != 1 || !record || !key ||
      *key != ClassKey(record->level)) {
    return std::unexpected("record " + std::to_string(slot) +
                           " makes no sense");
  }
  RF_ASSIGN(const bool supervised, Alive(record->supervisor));
  if (!reading.locked) {
    RF_ASSIGN(const bool alive, Alive(record->init));
    if (!alive) {
      census.dead.push_back(slot);
      return {};
    }
  }
  census.alive.push_back(
      {*record, reading.locked && supervised ? State::kRunning : State::kDying,
       slot});
  census.classes.push_back(reading.record.class_index);
  return {};
}

// Tells the records of the newcomer's class from the others.
class Company {
 public:
  explicit Company(const Newcomer* newcomer) : newcomer_(newcomer) {
    if (newcomer_ == nullptr || ClassKey(newcomer_->level).empty()) return;
    like_ = Encode(
        {.name = std::string(newcomer_->name), .level = newcomer_->level},
        kNoClass);
  }

  // A class that was looked up: records of it say the same again.
  void Learn(const RawRecord& record) {
    if (like_ && class_index_ == kNoClass && IsAlike(record)) {
      class_index_ = record.class_index;
    }
  }

  [[nodiscard]] bool Has(const RawRecord& record) const {
    return class_index_ != kNoClass && record.class_index == class_index_ &&
           IsAlike(record) && MakesSense(record) &&
           (record.uid != newcomer_->uid.value || record.name != like_->name);
  }

 private:
  [[nodiscard]] bool IsAlike(const RawRecord& record) const {
    return record.used == 1 && record.colocate == like_->colocate &&
           record.level == like_->level &&
           (newcomer_->level.colocate == model::Colocate::kSameLevel ||
            record.tenant == like_->tenant);
  }

  const Newcomer* newcomer_;
  std::optional<RawRecord> like_;
  int32_t class_index_ = kNoClass;
};

}  // namespace

std::expected<Census, CensusError> TakeCensus(int file,
                                              const Newcomer* newcomer) {
  RF_ASSIGN(const auto records,
            ReadWritten<RawRecord>(file, kRecordsAt, kRecords));
  Census census;
  Company company(newcomer);
  for (uint32_t slot = 0; slot < kRecords; ++slot) {
    if (slot >= records.size() || records[slot].used == 0) {
      census.free.push_back(slot);
    } else if (company.Has(records[slot])) {
      ++census.company;
    } else {
      RF_TRY(Count(file, slot, census));
      company.Learn(records[slot]);
    }
  }
  return census;
}

std::expected<std::optional<uint32_t>, CensusError> ClassIndex(
    int file, const Census& census, std::string_view key) {
  RF_ASSIGN(const auto classes,
            ReadWritten<RawClass>(file, kClassesAt, kClasses));
  std::optional<uint32_t> unused;
  for (uint32_t index = 0; index < classes.size(); ++index) {
    const auto entry = DecodeClass(classes[index]);
    if (!entry) {
      return std::unexpected("class " + std::to_string(index) +
                             " makes no sense");
    }
    if (*entry == key) return index;
    if (!unused && entry->empty()) unused = index;
  }
  if (!unused && classes.size() < kClasses) {
    unused = static_cast<uint32_t>(classes.size());
  }
  for (uint32_t index = 0; index < kClasses && !unused; ++index) {
    if (std::ranges::find(census.classes, static_cast<int32_t>(index)) !=
        census.classes.end()) {
      continue;
    }
    RF_ASSIGN(const auto lock,
              sys::GetLock(file, sys::LockKind::kWrite, ClassLock(index)));
    if (!lock) unused = index;
  }
  if (!unused) return std::nullopt;
  const RawClass entry = EncodeClass(key);
  RF_TRY(sys::PwriteAll(file, std::as_bytes(std::span(&entry, 1)),
                        ClassAt(*unused)));
  return unused;
}

}  // namespace ringfence::admit
