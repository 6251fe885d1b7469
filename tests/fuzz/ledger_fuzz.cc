// The ledger, as it might be found: a real one with some records, of which one
// is of a sandbox that lives, damaged at any places. It is refused with a
// message, or what is read of it are names and nothing else; and a sandbox that
// lives is never taken for a dead one, nor for nobody.
//
// Also the host's policy beside it: any bytes are refused or make sense.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "admit/census.h"
#include "admit/decide.h"
#include "admit/layout.h"
#include "admit/ledger.h"
#include "admit/policy.h"
#include "admit/raw_policy.h"
#include "base/check.h"
#include "input.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/pidfd.h"

namespace {

using ringfence::Check;
using ringfence::UniqueFd;
namespace admit = ringfence::admit;
namespace model = ringfence::model;
namespace sys = ringfence::sys;

constexpr uint32_t kLiving = 3;  // the slot of the one that lives
constexpr uint32_t kGone = 7;    // and of one that does not

// A folder like /run, on a tmpfs where there is one.
class Run {
 public:
  Run() {
    std::string name = "/dev/shm/ledger-fuzz-XXXXXX";
    Check(::mkdtemp(name.data()) != nullptr, "no folder for the ledger");
    path_ = name;
    user_ = path_ + "/user/" + std::to_string(::geteuid());
    std::filesystem::create_directories(user_);
    directory_.reset(::open(path_.c_str(), O_PATH | O_CLOEXEC));
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() { std::filesystem::remove_all(path_); }
  int directory() const { return directory_.get(); }
  // One of the ledger's files.
  UniqueFd Open(const char* file) const {
    return UniqueFd(
        ::open((user_ + "/ringfence/" + file).c_str(), O_RDWR | O_CLOEXEC));
  }

 private:
  std::string path_;
  std::string user_;
  UniqueFd directory_;
};

template <typename Raw>
void Put(int file, const Raw& raw, off_t at) {
  Check(sys::PwriteAll(file, std::as_bytes(std::span(&raw, 1)), at).has_value(),
        "the ledger cannot be written");
}

class Fixture {
 public:
  Fixture()
      : ledger_(
            *admit::Ledger::OpenBelow(run_.directory(), uid_, std::nullopt)) {
    auto own = ledger_.Running();  // makes the files
    Check(own.has_value(), "the ledger is not made");
    file_ = run_.Open(admit::kFile);
    const model::TrustLevel level{.name = "public"};
    Put(file_.get(), admit::EncodeClass(level), admit::kClassAt);
    for (const uint32_t slot : {kLiving, kGone}) {
      const std::string name = slot == kLiving ? "living" : "gone";
      const admit::Record record{
          .name = name,
          .level = level,
          .uid = uid_,
          .supervisor = {slot == kLiving ? ::getpid() : 0x3ffffff,
                         slot == kLiving ? *sys::StartTime(::getpid()) : 1},
          .init = {},
          .since_ms = 1,
          .since_boot_ms = 1,
          .limits = {}};
      Put(file_.get(), admit::Encode(record), admit::RecordAt(slot));
      Put(file_.get(), admit::IndexEntry(name, uid_), admit::IndexAt(slot));
    }
    presence_ = run_.Open(admit::kPresenceFile);
    const auto locked = sys::SetLock(presence_.get(), sys::LockKind::kWrite,
                                     admit::RecordLock(kLiving));
    Check(locked && *locked, "the living one has no lock");
    whole_.resize(static_cast<size_t>(admit::RecordAt(16)));
    const auto read = sys::Pread(file_.get(), whole_, 0);
    Check(read && *read == whole_.size(), "the ledger cannot be read");
    ExpectTheLiving();
  }

  // The first 16 records and what is before them.
  void Damage(ringfence::fuzz::Input& input) const {
    std::vector<std::byte> bytes = whole_;
    for (int i = 0; i < 8 && !input.empty(); ++i) {
      // The gaps between header, class and index mean nothing.
      constexpr std::array<std::pair<off_t, size_t>, 5> kParts = {
          {{0, sizeof(admit::Header)},
           {admit::kClassAt, sizeof(admit::RawClass)},
           {admit::kIndexAt, 16 * sizeof(uint64_t)},
           {admit::RecordAt(kLiving), sizeof(admit::RawRecord)},
           {admit::RecordAt(0), 16 * sizeof(admit::RawRecord)}}};
      const auto [start, size] = kParts[input.Below(kParts.size())];
      const size_t at = input.Take<uint16_t>() % size;
      const size_t length = std::min<size_t>(1 + input.Below(64), size - at);
      for (size_t k = 0; k < length; ++k) {
        bytes[static_cast<size_t>(start) + at + k] =
            std::byte{input.Take<uint8_t>()};
      }
    }
    Check(sys::PwriteAll(file_.get(), bytes, 0).has_value(), "not written");
  }

  void Repair() const {
    Check(sys::PwriteAll(file_.get(), whole_, 0).has_value(), "not written");
  }

  // As `ps` reads it, and as somebody does who wants to come in.
  void Read() const {
    const auto running = ledger_.Running();
    if (running) {
      for (const admit::Entry& entry : *running) CheckEntry(entry);
    } else {
      CheckText(admit::Describe(running.error()));
    }
    const admit::Files files{run_.Open(admit::kFile),
                             run_.Open(admit::kPresenceFile)};
    for (const char* name : {"critical", "public"}) {
      const model::TrustLevel level{.name = name};
      const admit::Newcomer newcomer{level, "newcomer", uid_, true};
      const auto census = admit::TakeCensus(files, &newcomer);
      if (!census) continue;
      CheckCensus(*census, level);
    }
  }

  void ExpectTheLiving() const {
    const auto running = ledger_.Running();
    Check(running && running->size() == 1 &&
              running->front().record.name == "living",
          "the control: an undamaged ledger");
  }

 private:
  static void CheckText(const std::string& text) {
    for (const char c : text) {
      Check(c == '\n' || (c >= 0x20 && c < 0x7f), "what a terminal acts on");
    }
  }

  static void CheckEntry(const admit::Entry& entry) {
    Check(admit::IsName(entry.record.name), "a name that is none");
    Check(admit::IsName(entry.record.level.name), "a level that is none");
    Check(entry.slot < admit::kRecords, "a record that is none");
    CheckText(admit::Describe(entry.record));
  }

  static void CheckCensus(const admit::Census& census,
                          const model::TrustLevel& level) {
    Check(std::ranges::find(census.dead, kLiving) == census.dead.end(),
          "the living one counts as dead");
    for (const admit::Entry& entry : census.alive) CheckEntry(entry);
    // Whoever is not of its class may come in where nobody is found alive and
    // no lock is held; where the record is still there, that must not be.
    const bool there = census.index[kLiving] != 0;
    const bool found = std::ranges::any_of(
        census.alive, [](const auto& e) { return e.slot == kLiving; });
    Check(!there || found || census.unseen > 0 || census.company,
          "the living one is not found");
    Check(!census.company || admit::Compatible(level, census.of),
          "company of another class");
  }

  Run run_;
  model::HostUid uid_{::geteuid()};
  admit::Ledger ledger_;
  UniqueFd file_;
  UniqueFd presence_;
  std::vector<std::byte> whole_;
};

// A policy of some rules, with `bytes` from some place on.
void ReadPolicy(ringfence::fuzz::Input input) {
  admit::RawPolicy raw;
  raw.accepted_count = 1;
  raw.accepted[0] = {'p', 'u', 'b', 'l', 'i', 'c'};
  raw.rule_count = 1;
  raw.rules[0].level = raw.accepted[0];
  const auto bytes = std::as_writable_bytes(std::span(&raw, 1));
  Check(admit::DecodePolicy(bytes).has_value(), "the control: a good policy");
  for (size_t at = input.Take<uint16_t>(); at < bytes.size() && !input.empty();
       ++at) {
    bytes[at] = std::byte{input.Take<uint8_t>()};
  }
  const auto policy = admit::DecodePolicy(bytes);
  if (!policy) return;
  for (const std::string& level : policy->accepts) {
    Check(admit::IsName(level), "a policy with a level that is none");
  }
  for (const model::StartRule& rule : policy->may_start) {
    Check(admit::IsName(rule.level), "a rule for a level that is none");
    Check(rule.groups.size() <= model::kMaxStartGroups, "too many groups");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Fixture fixture;
  ringfence::fuzz::Input input(std::span(data, size));
  fixture.Damage(input);
  fixture.Read();
  fixture.Repair();
  ReadPolicy(ringfence::fuzz::Input(std::span(data, size)));
  return 0;
}
