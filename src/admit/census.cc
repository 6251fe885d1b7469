#include "admit/census.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

#include "admit/decide.h"
#include "admit/layout.h"
#include "sys/file.h"
#include "sys/lock.h"

namespace ringfence::admit {
namespace {

constexpr int kTries = 1000;

Result<void> Read(int ledger, std::span<std::byte> bytes, off_t at) {
  while (!bytes.empty()) {
    RF_ASSIGN(const size_t count, sys::Pread(ledger, bytes, at));
    if (count == 0) return std::unexpected(SysError{"pread", EBADMSG});
    bytes = bytes.subspan(count);
    at += static_cast<off_t>(count);
  }
  return {};
}

template <typename Raw>
Result<Raw> ReadRaw(int ledger, off_t at) {
  Raw raw;
  RF_TRY(Read(ledger, std::as_writable_bytes(std::span(&raw, 1)), at));
  return raw;
}

std::string Nonsense(uint32_t slot) {
  return "has nonsense in record " + std::to_string(slot);
}

// The class, the index and the first page of records, in one read.
struct Head {
  RawClass of;
  std::vector<uint64_t> index;
  std::vector<RawRecord> first;
};

Result<Head> ReadHead(int ledger) {
  constexpr size_t kFirst = 4096 / sizeof(RawRecord);
  std::vector<std::byte> bytes(
      static_cast<size_t>(RecordAt(kFirst) - kClassAt));
  RF_TRY(Read(ledger, bytes, kClassAt));
  Head head{
      {}, std::vector<uint64_t>(kRecords), std::vector<RawRecord>(kFirst)};
  std::memcpy(&head.of, bytes.data(), sizeof head.of);
  std::memcpy(head.index.data(), &bytes[kIndexAt - kClassAt],
              kRecords * sizeof(uint64_t));
  std::memcpy(head.first.data(), &bytes[kRecordsAt - kClassAt],
              kFirst * sizeof(RawRecord));
  return head;
}

Result<bool> Alive(const sys::Process& process) {
  RF_ASSIGN(const UniqueFd pidfd, sys::OpenIfAlive(process));
  return static_cast<bool>(pidfd);
}

struct Reading {
  uint64_t entry = 0;
  RawRecord record;
  bool locked = false;
};

class Taking {
 public:
  Taking(const Files& files, const Newcomer* newcomer)
      : files_(files), newcomer_(newcomer) {}

  // The class at the beginning.
  const RawClass& of() const { return of_; }

  std::expected<Census, CensusError> Take() {
    RF_ASSIGN(Head head, ReadHead(ledger()));
    of_ = head.of;
    const auto of = DecodeClass(of_);
    if (!of) return std::unexpected("has nonsense for a class");
    census_.of = *of;
    census_.index = std::move(head.index);
    const bool anybody =
        std::ranges::any_of(census_.index, [](uint64_t e) { return e != 0; });
    if (anybody && of->name.empty()) {
      return std::unexpected("has records and no class");
    }
    if (newcomer_ != nullptr) {
      census_.company = anybody && Compatible(newcomer_->level, *of);
      RF_TRY(CheckFirst(head.first));
    }
    RF_TRY(LookAtAll());
    return std::move(census_);
  }

 private:
  int ledger() const { return files_.ledger.get(); }

  // Who is not looked at one by one is held against its index entry at least
  // in the first page: a ledger that was scribbled over shows there.
  std::expected<void, CensusError> CheckFirst(
      std::span<const RawRecord> first) const {
    for (uint32_t slot = 0; slot < first.size(); ++slot) {
      const uint64_t entry = census_.index[slot];
      if (entry != 0 && !Make(entry, first[slot])) {
        return std::unexpected(Nonsense(slot));
      }
    }
    return {};
  }

  std::optional<Record> Make(uint64_t entry, const RawRecord& raw) const {
    auto record = Decode(raw, census_.of);
    if (record && entry != IndexEntry(record->name, record->uid)) return {};
    return record;
  }

  std::expected<void, CensusError> LookAtAll() {
    const uint64_t namesake =
        newcomer_ == nullptr ? 0 : IndexEntry(newcomer_->name, newcomer_->uid);
    size_t running = 0;
    for (uint32_t slot = 0; slot < kRecords; ++slot) {
      const uint64_t entry = census_.index[slot];
      if (entry == 0) continue;
      if (census_.company ? !Matters(entry, namesake)
                          : newcomer_ != nullptr && running == kReasons) {
        ++census_.unseen;
        continue;
      }
      const size_t before = census_.alive.size();
      RF_TRY(LookAt(slot));
      if (census_.alive.size() > before &&
          census_.alive.back().state == State::kRunning) {
        ++running;
      }
    }
    return {};
  }

  bool Matters(uint64_t entry, uint64_t namesake) const {
    return entry == namesake || (newcomer_->categories &&
                                 CategoryPair(entry) == CategoryPair(namesake));
  }

  // One record and its lock, of one moment: what a sandbox wrote lies between
  // two equal reads. The lock is asked first: once it is gone nobody of that
  // sandbox can still write, so an init that it noted is never missed.
  std::expected<Reading, CensusError> ReadConsistently(uint32_t slot) const {
    for (int i = 0; i < kTries; ++i) {
      Reading reading;
      RF_ASSIGN(const auto lock,
                sys::GetLock(files_.presence.get(), sys::LockKind::kWrite,
                             RecordLock(slot)));
      reading.locked = lock.has_value();
      RF_ASSIGN(reading.entry, ReadRaw<uint64_t>(ledger(), IndexAt(slot)));
      RF_ASSIGN(reading.record, ReadRaw<RawRecord>(ledger(), RecordAt(slot)));
      RF_ASSIGN(const auto record,
                ReadRaw<RawRecord>(ledger(), RecordAt(slot)));
      RF_ASSIGN(const auto entry, ReadRaw<uint64_t>(ledger(), IndexAt(slot)));
      if (entry == reading.entry && record == reading.record) return reading;
    }
    return std::unexpected("changes record " + std::to_string(slot) +
                           " all the time");
  }

  std::expected<void, CensusError> LookAt(uint32_t slot) {
    RF_ASSIGN(const Reading reading, ReadConsistently(slot));
    census_.index[slot] = reading.entry;
    if (reading.entry == 0) return {};  // released since the index was read
    auto record = Make(reading.entry, reading.record);
    if (!record) return std::unexpected(Nonsense(slot));
    RF_ASSIGN(const bool supervised, Alive(record->supervisor));
    if (!reading.locked) {
      RF_ASSIGN(const bool alive, Alive(record->init));
      if (!alive) {
        census_.dead.push_back(slot);
        return {};
      }
    }
    census_.alive.push_back(
        {*std::move(record),
         reading.locked && supervised ? State::kRunning : State::kDying, slot});
    return {};
  }

  const Files& files_;
  const Newcomer* newcomer_;
  RawClass of_;
  Census census_;
};

}  // namespace

std::expected<Census, CensusError> TakeCensus(const Files& files,
                                              const Newcomer* newcomer) {
  for (int i = 0; i < kTries; ++i) {
    Taking taking(files, newcomer);
    auto census = taking.Take();
    RF_ASSIGN(const RawClass now,
              ReadRaw<RawClass>(files.ledger.get(), kClassAt));
    // Else its records were read as those of another class.
    if (now == taking.of()) return census;
  }
  return std::unexpected("changes its class all the time");
}

}  // namespace ringfence::admit
