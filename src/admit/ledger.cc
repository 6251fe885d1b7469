#include "admit/ledger.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <span>

#include "admit/admission.h"
#include "admit/census.h"
#include "admit/layout.h"
#include "admit/policy.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/user.h"

namespace ringfence::admit {
namespace {

// This sandbox must be dead first. `pidfd` is empty where init is not known
// or has just died: then looking again is all there is to do.
struct Obstacle {
  Record dying;
  UniqueFd pidfd;
};
// Something holds a lock, and no record says who.
struct Unexplained {};
using Attempt = std::variant<Claim, Obstacle, Unexplained>;

Unusable AsUnusable(const Place& place, const CensusError& error) {
  if (const auto* what = std::get_if<std::string>(&error)) {
    return Damaged(place, *what);
  }
  const SysError failed = std::get<SysError>(error);
  Unusable unusable =
      Damaged(place, std::string("cannot be read (") + failed.call +
                         "): " + std::strerror(failed.err));
  unusable.err = failed.err;
  return unusable;
}

bool IsNamesake(const Request& request, const Record& record) {
  return record.name == request.name && record.uid == request.uid;
}

// Of another name, but with the same SELinux categories.
bool HasCategoriesOf(const Request& request, const Record& record) {
  return request.categories && !IsNamesake(request, record) &&
         record.level.name == request.level.name &&
         CategoryPair(record.name, record.uid) ==
             CategoryPair(request.name, request.uid);
}

std::optional<Refusal> RefuseRunning(const Request& request,
                                     const Census& census,
                                     const model::HostPolicy& policy) {
  std::vector<Record> running;
  for (const Entry& entry : census.alive) {
    if (entry.state == State::kRunning) running.push_back(entry.record);
  }
  Decision decision = Decide({request.level, request.groups}, running, policy);
  if (auto* why = std::get_if<Incompatible>(&decision)) {
    why->unseen = census.unseen;
    return *why;
  }
  if (auto* why = std::get_if<Reserved>(&decision)) return *why;
  if (auto* why = std::get_if<Draining>(&decision)) return *why;
  if (auto* why = std::get_if<NotAllowed>(&decision)) return *why;
  for (const Record& record : running) {
    if (IsNamesake(request, record)) return NameTaken{record};
    if (HasCategoriesOf(request, record)) return CategoriesTaken{record};
  }
  return std::nullopt;
}

// A dying sandbox that `request` may not overlap with.
const Record* FindInTheWay(const Request& request, const Census& census) {
  for (const Entry& entry : census.alive) {
    if (entry.state == State::kDying &&
        (IsNamesake(request, entry.record) ||
         HasCategoriesOf(request, entry.record) ||
         !Compatible(request.level, entry.record.level))) {
      return &entry.record;
    }
  }
  return nullptr;
}

template <typename Raw>
Result<void> WriteAndReadBack(int ledger, const Raw& raw, off_t at) {
  RF_TRY(sys::PwriteAll(ledger, std::as_bytes(std::span(&raw, 1)), at));
  Raw written{};
  RF_TRY(
      sys::Pread(ledger, std::as_writable_bytes(std::span(&written, 1)), at));
  if (written != raw) return std::unexpected(SysError{"pwrite64", EIO});
  return {};
}

// Makes the ledger that of `level`, for which nobody may be left in it. False:
// somebody holds a lock, and no record says who.
Result<bool> TakeOver(const Files& files, const Census& census,
                      const model::TrustLevel& level) {
  RF_ASSIGN(const auto held,
            sys::GetLock(files.presence.get(), sys::LockKind::kWrite,
                         kAllRecordLocks));
  if (held) return false;
  const RawClass raw = EncodeClass(level);
  if (!census.of.name.empty() && raw == EncodeClass(census.of)) return true;
  RF_TRY(WriteAndReadBack(files.ledger.get(), raw, kClassAt));
  return true;
}

Result<std::optional<uint32_t>> LockSlot(int presence, const Census& census) {
  for (uint32_t slot = 0; slot < kRecords; ++slot) {
    if (census.index[slot] != 0) continue;
    // Still locked: its sandbox is just releasing it.
    RF_ASSIGN(const bool mine,
              sys::SetLock(presence, sys::LockKind::kWrite, RecordLock(slot)));
    if (mine) return slot;
  }
  return std::nullopt;
}

// The record of `slot`, which is locked: what makes the claim, read back.
Result<void> WriteRecord(const Files& files, const Request& request,
                         const sys::Process& self, uint32_t slot) {
  RF_ASSIGN(const bool locked,
            sys::IsLocked(files.presence.get(), RecordLock(slot)));
  if (!locked) return std::unexpected(SysError{"fcntl F_OFD_SETLK", ENOLCK});
  const RawRecord raw = Encode({.name = request.name,
                                .level = request.level,
                                .uid = request.uid,
                                .supervisor = self,
                                .init = {},
                                .since_ms = sys::RealtimeMs(),
                                .since_boot_ms = sys::BoottimeMs(),
                                .limits = request.limits});
  const int ledger = files.ledger.get();
  RF_TRY(WriteAndReadBack(ledger, raw, RecordAt(slot)));
  return WriteAndReadBack(ledger, IndexEntry(request.name, request.uid),
                          IndexAt(slot));
}

// Whether the files are still those that everybody finds.
std::expected<void, Refusal> CheckNotRemoved(const Place& place,
                                             const Files& files) {
  for (const UniqueFd* file : {&files.ledger, &files.presence}) {
    RF_ASSIGN(const struct stat status, sys::Fstat(file->get()));
    if (status.st_nlink == 0) {
      return std::unexpected(Damaged(place, "was removed meanwhile"));
    }
  }
  RF_ASSIGN(const bool overtaken, IsOvertaken(place));
  if (overtaken) {
    return std::unexpected(Unusable{place.path,
                                    "counts no more: the host was initialised",
                                    "start it again"});
  }
  return {};
}

// One pass through the critical section. On success `files` have become the
// claim's; an Obstacle or Unexplained leaves no lock on them.
std::expected<Attempt, Refusal> TryOnce(const Place& place,
                                        const Request& request,
                                        uint32_t patience_ms, Files& files) {
  const int ledger = files.ledger.get();
  auto admission = Admission::Enter(ledger, patience_ms);
  if (!admission) return std::unexpected(std::move(admission).error());
  RF_TRY(CheckNotRemoved(place, files));
  auto policy = ReadPolicy(place);
  if (!policy) return std::unexpected(std::move(policy).error());
  const Newcomer newcomer{request.level, request.name, request.uid,
                          request.categories};
  auto census = TakeCensus(files, &newcomer);
  if (census && census->company &&
      std::ranges::find(census->index, 0u) == census->index.end()) {
    census = TakeCensus(files);  // for the dead among them
    if (census) census->company = true;
  }
  if (!census) return std::unexpected(AsUnusable(place, census.error()));
  for (const uint32_t slot : census->dead) {
    RF_TRY(WriteIndex(ledger, slot, 0));
    census->index[slot] = 0;
  }
  if (auto refusal = RefuseRunning(request, *census, *policy)) {
    return std::unexpected(std::move(*refusal));
  }
  if (const Record* record = FindInTheWay(request, *census)) {
    RF_ASSIGN(UniqueFd pidfd, sys::OpenIfAlive(record->init));
    return Obstacle{*record, std::move(pidfd)};
  }
  if (!census->company) {
    RF_ASSIGN(const bool empty, TakeOver(files, *census, request.level));
    if (!empty) return Unexplained{};
  }
  RF_ASSIGN(const auto slot, LockSlot(files.presence.get(), *census));
  if (!slot) return std::unexpected(Full{});
  RF_TRY(WriteRecord(files, request, admission->self(), *slot));
  // The descriptor stays open, so `admission` can still leave through it.
  return Claim(std::move(files), *slot);
}

std::optional<InvalidName> FindInvalidName(const Request& request) {
  for (const std::string& text : {request.name, request.level.name}) {
    if (!IsName(text)) return InvalidName{text};
  }
  const std::string& tenant = request.level.tenant;
  if (!tenant.empty() && !IsName(tenant)) return InvalidName{tenant};
  return std::nullopt;
}

// One kind of wait of one Admit: its time starts with the first of its kind.
struct Timer {
  bool started = false;
  uint64_t until_ms = 0;

  // Milliseconds; what poll(2) takes.
  int Left(uint32_t patience_ms) {
    const uint64_t now = sys::MonotonicMs();
    if (!started) *this = {true, now + patience_ms};
    if (now >= until_ms) return 0;
    return static_cast<int>(
        std::min<uint64_t>(until_ms - now, std::numeric_limits<int>::max()));
  }
};

class Waiting {
 public:
  explicit Waiting(const Patience& patience) : patience_(patience) {}

  // Returns when it is worth trying again, or with the refusal that is due.
  std::expected<void, Refusal> After(const Attempt& attempt) {
    const auto* obstacle = std::get_if<Obstacle>(&attempt);
    return obstacle != nullptr ? ForDeath(*obstacle) : ForRecord();
  }

 private:
  std::expected<void, Refusal> ForDeath(const Obstacle& obstacle) {
    const int left = dying_.Left(patience_.dying);
    if (left == 0) return std::unexpected(StillDying{obstacle.dying});
    if (obstacle.pidfd) {
      RF_TRY(sys::WaitForExit(obstacle.pidfd.get(), left));
    } else {
      sys::SleepMs(1);
    }
    return {};
  }

  std::expected<void, Refusal> ForRecord() {
    if (unexplained_.Left(patience_.unexplained) == 0) {
      return std::unexpected(Incompatible{});
    }
    sys::SleepMs(1);
    return {};
  }

  Patience patience_;
  Timer dying_;
  Timer unexplained_;
};

}  // namespace

std::expected<Ledger, Unusable> Ledger::Open(model::HostUid uid) {
  const auto run = sys::Open("/run", O_PATH | O_DIRECTORY);
  if (!run) {
    return std::unexpected(Unusable{"/run", "cannot be opened",
                                    "make the directory /run, owned by root",
                                    run.error().err});
  }
  const auto groups = sys::ReadGroups();
  if (!groups) {
    return std::unexpected(Unusable{"/etc/group", "cannot be read",
                                    "as root: chmod a+r /etc/group",
                                    groups.error().err});
  }
  std::optional<model::HostGid> group;
  if (const auto gid = sys::IdOf(*groups, kGroup)) group.emplace(*gid);
  auto ledger = OpenBelow(run->get(), uid, group);
  if (ledger && ledger->scope() == Scope::kUser) {
    const auto configured = sys::Lstatat(AT_FDCWD, kHostFile);
    if (configured || (configured.error().err != ENOENT &&
                       configured.error().err != ENOTDIR)) {
      return std::unexpected(
          Unusable{"/run/ringfence",
                   std::string("is not there, and ") + kHostFile +
                       " says that this host has a ledger for all its users",
                   "as root, and at each boot: ringfence host init", ENOENT});
    }
  }
  return ledger;
}

std::expected<Ledger, Unusable> Ledger::OpenBelow(
    int run, model::HostUid uid, std::optional<model::HostGid> group) {
  auto place = FindPlace(run, uid, group);
  if (!place) return std::unexpected(std::move(place).error());
  RF_ASSIGN(const Boot boot, ReadBoot(*place));
  // Only to see that it is one: what stayed open here would be shared with
  // whoever is forked.
  RF_TRY(OpenLedger(*place, boot));
  return Ledger(std::move(*place), boot);
}

std::expected<Claim, Refusal> Ledger::Admit(const Request& request,
                                            const Patience& patience) const {
  if (auto invalid = FindInvalidName(request)) {
    return std::unexpected(std::move(*invalid));
  }
  // New open file descriptions: they become the claim's.
  auto files = OpenFiles(place_, boot_);
  if (!files) return std::unexpected(std::move(files).error());
  Waiting waiting(patience);
  for (;;) {
    auto attempt = TryOnce(place_, request, patience.admission, *files);
    if (!attempt) return std::unexpected(std::move(attempt).error());
    if (auto* claim = std::get_if<Claim>(&*attempt)) return std::move(*claim);
    RF_TRY(waiting.After(*attempt));
  }
}

std::expected<UniqueFd, Unusable> Ledger::OpenAnother() const {
  return OpenLedger(place_, boot_);
}

std::expected<model::HostPolicy, Unusable> Ledger::Policy() const {
  return ReadPolicy(place_);
}

std::expected<std::vector<Entry>, Unusable> Ledger::Running() const {
  RF_ASSIGN(const Files files, OpenFiles(place_, boot_));
  auto census = TakeCensus(files);
  if (!census) return std::unexpected(AsUnusable(place_, census.error()));
  return std::move(census->alive);
}

}  // namespace ringfence::admit
