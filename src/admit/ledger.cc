#include "admit/ledger.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
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

std::optional<Refusal> RefuseRunning(const Request& request,
                                     const Census& census,
                                     const model::HostPolicy& policy) {
  std::vector<Record> running;
  for (const Entry& entry : census.alive) {
    if (entry.state == State::kRunning) running.push_back(entry.record);
  }
  Decision decision = Decide({request.level, request.groups}, running, policy);
  if (auto* why = std::get_if<Incompatible>(&decision)) return *why;
  if (auto* why = std::get_if<Reserved>(&decision)) return *why;
  if (auto* why = std::get_if<Draining>(&decision)) return *why;
  if (auto* why = std::get_if<NotAllowed>(&decision)) return *why;
  for (const Record& record : running) {
    if (record.name == request.name && record.uid == request.uid) {
      return NameTaken{record};
    }
  }
  return std::nullopt;
}

// A dying sandbox that `request` may not overlap with.
const Record* FindInTheWay(const Request& request, const Census& census) {
  for (const Entry& entry : census.alive) {
    const bool same_name =
        entry.record.name == request.name && entry.record.uid == request.uid;
    if (entry.state == State::kDying &&
        (same_name || !Compatible(request.level, entry.record.level))) {
      return &entry.record;
    }
  }
  return nullptr;
}

// Takes the lock of the class, if nobody holds an incompatible one. `index`:
// nullopt for alone, which takes them all.
Result<bool> LockClass(int file, std::optional<uint32_t> index) {
  if (!index) return sys::SetLock(file, sys::LockKind::kWrite, kClassLocks);
  const sys::Range own = ClassLock(*index);
  const off_t end = kClassLocks.start + kClassLocks.length;
  const std::array<sys::Range, 2> others{
      sys::Range{kClassLocks.start, own.start - kClassLocks.start},
      sys::Range{own.start + 1, end - own.start - 1}};
  for (const sys::Range& range : others) {
    if (range.length == 0) continue;
    RF_ASSIGN(const auto held,
              sys::GetLock(file, sys::LockKind::kWrite, range));
    if (held) return false;
  }
  return sys::SetLock(file, sys::LockKind::kRead, own);
}

Result<std::optional<uint32_t>> LockSlot(int file, const Census& census) {
  for (const std::vector<uint32_t>* slots : {&census.dead, &census.free}) {
    for (const uint32_t slot : *slots) {
      // Still locked: its sandbox is just releasing it.
      RF_ASSIGN(const bool mine,
                sys::SetLock(file, sys::LockKind::kWrite, RecordLock(slot)));
      if (mine) return slot;
    }
  }
  return std::nullopt;
}

Result<void> WriteRecord(int file, const Request& request, uint32_t slot,
                         int32_t class_index) {
  const pid_t pid = ::getpid();
  RF_ASSIGN(const uint64_t start, sys::StartTime(pid));
  const RawRecord raw = Encode({.name = request.name,
                                .level = request.level,
                                .uid = request.uid,
                                .supervisor = {pid, start},
                                .init = {},
                                .since_ms = sys::RealtimeMs(),
                                .since_boot_ms = sys::BoottimeMs(),
                                .limits = request.limits},
                               class_index);
  RF_TRY(
      sys::PwriteAll(file, std::as_bytes(std::span(&raw, 1)), RecordAt(slot)));
  return WriteUsed(file, slot, true);
}

// Whether anybody holds `range`, as another process would see it: `witness` is
// an open file description of the ledger that holds no lock.
Result<void> ConfirmLocked(int witness, sys::Range range) {
  RF_ASSIGN(const auto held,
            sys::GetLock(witness, sys::LockKind::kWrite, range));
  if (!held) return std::unexpected(SysError{"fcntl(F_OFD_SETLK)", ENOLCK});
  return {};
}

// One pass through the critical section. On success `file` has become the
// claim's; an Obstacle or Unexplained leaves no lock on it.
std::expected<Attempt, Refusal> TryOnce(const Place& place, int witness,
                                        const Request& request,
                                        uint32_t patience_ms, UniqueFd& file) {
  auto admission = Admission::Enter(file.get(), patience_ms);
  if (!admission) return std::unexpected(std::move(admission).error());
  RF_TRY(ConfirmLocked(witness, kAdmissionLock));
  RF_ASSIGN(const struct stat status, sys::Fstat(file.get()));
  if (status.st_nlink == 0) {
    return std::unexpected(Damaged(place, "was removed meanwhile"));
  }
  RF_ASSIGN(const bool overtaken, IsOvertaken(place));
  if (overtaken) {
    return std::unexpected(Unusable{place.path,
                                    "counts no more: the host was initialised",
                                    "start it again"});
  }

  auto policy = ReadPolicy(place);
  if (!policy) return std::unexpected(std::move(policy).error());
  const Newcomer newcomer{request.level, request.name, request.uid};
  auto census = TakeCensus(file.get(), &newcomer);
  if (census && census->free.empty() && census->company > 0) {
    census = TakeCensus(file.get());  // for the dead among them
  }
  if (!census) return std::unexpected(AsUnusable(place, census.error()));
  for (const uint32_t slot : census->dead) {
    RF_TRY(WriteUsed(file.get(), slot, false));
  }
  if (auto refusal = RefuseRunning(request, *census, *policy)) {
    return std::unexpected(std::move(*refusal));
  }
  if (const Record* record = FindInTheWay(request, *census)) {
    RF_ASSIGN(UniqueFd pidfd, sys::OpenIfAlive(record->init));
    return Obstacle{*record, std::move(pidfd)};
  }

  std::optional<uint32_t> index;
  if (const std::string key = ClassKey(request.level); !key.empty()) {
    const auto found = ClassIndex(file.get(), *census, key);
    if (!found) return std::unexpected(AsUnusable(place, found.error()));
    if (!*found) return std::unexpected(Full{});
    index = *found;
  }
  RF_ASSIGN(const bool held, LockClass(file.get(), index));
  if (!held) return Unexplained{};
  const sys::Range class_locks = index ? ClassLock(*index) : kClassLocks;
  RF_ASSIGN(const auto slot, LockSlot(file.get(), *census));
  if (!slot) return std::unexpected(Full{});
  RF_TRY(WriteRecord(file.get(), request, *slot,
                     index ? static_cast<int32_t>(*index) : kNoClass));
  // The descriptor stays open, so `admission` can still leave through it.
  return Claim(std::move(file), *slot, class_locks);
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

// What makes the claim, read back.
Result<void> ConfirmHeld(int witness, const Claim& claim) {
  for (const sys::Range& range : claim.ranges()) {
    RF_TRY(ConfirmLocked(witness, range));
  }
  RawRecord record;
  RF_TRY(sys::Pread(witness, std::as_writable_bytes(std::span(&record, 1)),
                    RecordAt(claim.slot())));
  if (record.used != 1 || record.supervisor_pid != ::getpid()) {
    return std::unexpected(SysError{"pwrite64", EIO});
  }
  return {};
}

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
  auto file = OpenFile(*place);
  if (!file) return std::unexpected(std::move(file).error());
  return Ledger(std::move(*place), std::move(*file));
}

std::expected<Claim, Refusal> Ledger::Admit(const Request& request,
                                            const Patience& patience) const {
  if (auto invalid = FindInvalidName(request)) {
    return std::unexpected(std::move(*invalid));
  }
  // A new open file description: it becomes the claim's, and does not take
  // this object's locks for its own.
  auto file = OpenFile(place_);
  if (!file) return std::unexpected(std::move(file).error());
  Waiting waiting(patience);
  for (;;) {
    auto attempt =
        TryOnce(place_, file_.get(), request, patience.admission, *file);
    if (!attempt) return std::unexpected(std::move(attempt).error());
    if (auto* claim = std::get_if<Claim>(&*attempt)) {
      RF_TRY(ConfirmHeld(file_.get(), *claim));
      return std::move(*claim);
    }
    RF_TRY(waiting.After(*attempt));
  }
}

std::expected<UniqueFd, Unusable> Ledger::OpenAnother() const {
  return OpenFile(place_);
}

std::expected<model::HostPolicy, Unusable> Ledger::Policy() const {
  return ReadPolicy(place_);
}

std::expected<std::vector<Entry>, Unusable> Ledger::Running() const {
  auto census = TakeCensus(file_.get());
  if (!census) return std::unexpected(AsUnusable(place_, census.error()));
  return std::move(census->alive);
}

}  // namespace ringfence::admit
