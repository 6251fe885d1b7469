#include "admit/turn.h"

#include <algorithm>
#include <span>
#include <vector>

#include "admit/layout.h"
#include "sys/clock.h"
#include "sys/lock.h"
#include "sys/pidfd.h"
#include "sys/poll.h"
#include "sys/user.h"

namespace ringfence::admit {
namespace {

// How long one look at the ledger may take; the waiting is done outside.
constexpr Patience kOneLook{.admission = 200, .dying = 0, .unexplained = 0};
constexpr uint64_t kLookAgainMs = 1000;
constexpr uint64_t kQueuedMs = 100;  // one fcntl, for those who are not next

std::string Names(std::span<const Record> records) {
  constexpr size_t kMost = 3;
  std::string names;
  for (size_t i = 0; i < std::min(records.size(), kMost); ++i) {
    names += (i == 0 ? "" : ", ") + records[i].name + " (" +
             records[i].level.name + ")";
  }
  if (records.size() <= kMost) return names;
  return names + " and " + std::to_string(records.size() - kMost) + " more";
}

struct Reason {
  using Words = std::optional<std::string>;

  Words operator()(const Incompatible& why) const {
    if (why.neighbours.empty()) return "until a lock in the ledger is released";
    return "until " + Names(why.neighbours) +
           (why.neighbours.size() == 1 ? " has ended" : " have ended");
  }
  Words operator()(const Draining&) const {
    return "until the host takes workloads again";
  }
  Words operator()(const NameTaken& why) const {
    return "until " + Names({&why.running, 1}) + " of the same name has ended";
  }
  Words operator()(const CategoriesTaken& why) const {
    return "until " + Names({&why.holder, 1}) +
           ", which has the same SELinux categories, has ended";
  }
  Words operator()(const StillDying& why) const {
    return "until the processes of " + Names({&why.dying, 1}) + " are gone";
  }
  Words operator()(const Busy& why) const {
    if (why.holder.pid == 0) return "until the ledger is unlocked";
    return "until process " + std::to_string(why.holder.pid) +
           " unlocks the ledger";
  }
  Words operator()(const Full&) const {
    return "until there is room in the ledger";
  }
  Words operator()(const Reserved&) const { return std::nullopt; }
  Words operator()(const NotAllowed&) const { return std::nullopt; }
  Words operator()(const Stopped&) const { return std::nullopt; }
  Words operator()(const InvalidName&) const { return std::nullopt; }
  Words operator()(const Unusable&) const { return std::nullopt; }
  Words operator()(const SysError&) const { return std::nullopt; }
};

// The processes whose end may make room.
std::vector<sys::Process> InTheWay(const Refusal& refusal) {
  std::vector<sys::Process> processes;
  const auto add = [&](const Record& record) {
    processes.push_back(record.init);
    processes.push_back(record.supervisor);
  };
  if (const auto* why = std::get_if<Incompatible>(&refusal)) {
    for (const Record& record : why->neighbours) add(record);
  } else if (const auto* taken = std::get_if<NameTaken>(&refusal)) {
    add(taken->running);
  } else if (const auto* same = std::get_if<CategoriesTaken>(&refusal)) {
    add(same->holder);
  } else if (const auto* dying = std::get_if<StillDying>(&refusal)) {
    add(dying->dying);
  } else if (const auto* busy = std::get_if<Busy>(&refusal)) {
    processes.push_back(busy->holder);
  }
  return processes;
}

// Returns when one of `processes` has ended, or after `ms`. False: give up.
Result<bool> Sleep(const Waiting& waiting,
                   std::span<const sys::Process> processes, uint64_t ms) {
  std::vector<UniqueFd> alive;
  std::vector<pollfd> polled;
  for (const sys::Process& process : processes) {
    RF_ASSIGN(UniqueFd pidfd, sys::OpenIfAlive(process));
    if (!pidfd) continue;
    polled.push_back({pidfd.get(), POLLIN, 0});
    alive.push_back(std::move(pidfd));
  }
  if (waiting.interrupt >= 0) {
    polled.push_back({waiting.interrupt, POLLIN, 0});
  }
  RF_TRY(sys::Poll(polled, static_cast<int>(ms)));
  if (waiting.interrupt < 0 || polled.back().revents == 0) return true;
  return !waiting.stop();
}

}  // namespace

Result<Turn> Turn::Take(UniqueFd file) {
  const off_t end = kTurnLocks.start + kTurnLocks.length;
  for (off_t at = kTurnLocks.start; at < end;) {
    RF_ASSIGN(const auto held,
              sys::GetLock(file.get(), sys::LockKind::kWrite, {at, end - at}));
    if (held) {
      at = held->start + held->length;
      continue;
    }
    RF_ASSIGN(const bool mine,
              sys::SetLock(file.get(), sys::LockKind::kWrite, {at, 1}));
    if (mine) return Turn(std::move(file), at);
  }
  return std::unexpected(SysError{"fcntl(F_OFD_SETLK)", ENOLCK});
}

Result<bool> Turn::IsNext() const {
  const off_t before = at_ - kTurnLocks.start;
  if (before == 0) return true;
  RF_ASSIGN(const auto held, sys::GetLock(file_.get(), sys::LockKind::kWrite,
                                          {kTurnLocks.start, before}));
  return !held.has_value();
}

std::optional<std::string> WaitedFor(const Refusal& refusal) {
  return std::visit(Reason{}, refusal);
}

std::expected<Claim, Refusal> AdmitInTurn(const Ledger& ledger,
                                          const Request& request,
                                          const Waiting& waiting) {
  const uint64_t start = sys::MonotonicMs();
  auto file = ledger.OpenAnother();
  if (!file) return std::unexpected(std::move(file).error());
  RF_ASSIGN(const Turn turn, Turn::Take(*std::move(file)));
  std::string said;
  const auto say = [&](const std::string& what) {
    if (what == said || !waiting.say) return;
    said = what;
    waiting.say(what);
  };
  for (;;) {
    RF_ASSIGN(const bool next, turn.IsNext());
    // Who is not next looks once the time is over, for the reason.
    const uint64_t passed = sys::MonotonicMs() - start;
    const bool over = passed >= waiting.time_ms;
    std::vector<sys::Process> processes;
    if (next || over) {
      auto claim = ledger.Admit(request, next ? kOneLook : Patience{});
      if (claim) return claim;
      const auto reason = WaitedFor(claim.error());
      if (!reason || over) return claim;
      say(*reason);
      processes = InTheWay(claim.error());
    } else {
      say("until those who wait already have started");
    }
    const uint64_t nap = next ? kLookAgainMs : kQueuedMs;
    RF_ASSIGN(const bool go_on, Sleep(waiting, processes,
                                      std::min(nap, waiting.time_ms - passed)));
    if (!go_on) return std::unexpected(Stopped{});
  }
}

}  // namespace ringfence::admit
