#include "admit/refusal.h"

#include <time.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "sys/clock.h"
#include "sys/user.h"

namespace ringfence::admit {
namespace {

// The local time of the machine: it is read beside the user's other logs.
std::string LocalTime(int64_t realtime_ms) {
  const time_t seconds = static_cast<time_t>(realtime_ms / 1000);
  tm parts{};
  std::array<char, 32> text{};
  if (::localtime_r(&seconds, &parts) == nullptr) return "an unknown time";
  const size_t length =
      ::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
  return {text.data(), length};
}

std::string UserName(model::HostUid uid) {
  const auto users = sys::ReadUsers();
  return users ? sys::NameOf(*users, uid.value) : std::to_string(uid.value);
}

std::string GroupNames(std::span<const model::HostGid> groups) {
  const auto known = sys::ReadGroups().value_or(std::vector<sys::NamedId>());
  std::string names;
  for (const model::HostGid group : groups) {
    names += (names.empty() ? "" : ", ") + sys::NameOf(known, group.value);
  }
  return names;
}

std::string DescribeLevel(const model::TrustLevel& level) {
  return level.tenant.empty() ? level.name
                              : level.name + ", tenant " + level.tenant;
}

std::string StopThem(std::span<const Record> records, model::HostUid caller) {
  std::string own;
  for (const Record& record : records) {
    if (record.uid == caller) own += " " + record.name;
  }
  return own.empty() ? "use another host, or wait until they end"
                     : "use another host, or: ringfence stop" + own;
}

bool IsFull(const SysError& error) {
  return error.err == ENOSPC || error.err == EDQUOT;
}

struct Words {
  const Request& request;

  std::string operator()(const Incompatible& why) const {
    if (why.neighbours.empty()) {
      return "a lock in the ledger is held by nobody that the ledger knows\n"
             "  help: lslocks shows who has the ledger open";
    }
    std::string text = "this host is held by";
    for (const Record& record : why.neighbours) {
      text += "\n  " + Describe(record);
    }
    if (why.unseen > 0) {
      text +=
          "\n  and up to " + std::to_string(why.unseen) + " more: ringfence ps";
    }
    return text +
           "\n  beside them may start: " + DescribeCompatible(why.neighbours) +
           ", not " + DescribeLevel(request.level) +
           (request.level.colocate == model::Colocate::kAlone ? " (alone)"
                                                              : "") +
           "\n  help: " + StopThem(why.neighbours, request.uid);
  }
  std::string operator()(const Reserved& why) const {
    std::string text = "this host is reserved for";
    for (const std::string& level : why.accepts) text += " " + level;
    return text + ", and this is " + request.level.name +
           "\n  help: use another host, or as root: ringfence host accept " +
           request.level.name;
  }
  std::string operator()(const Draining&) const {
    return "this host is being drained: nothing new starts here\n"
           "  help: use another host, or as root: ringfence host undrain";
  }
  std::string operator()(const NotAllowed& why) const {
    const std::string& level = request.level.name;
    if (why.groups.empty()) {
      return "nobody may start workloads of level " + level +
             " on this host\n  help: use another host; the rule is may_start "
             "in /etc/ringfence/host.yaml";
    }
    return "only members of " + GroupNames(why.groups) +
           " may start workloads of level " + level +
           " on this host\n  help: as root: usermod -aG GROUP " +
           UserName(request.uid) +
           ", then log in again; the rule is may_start in "
           "/etc/ringfence/host.yaml";
  }
  std::string operator()(const Stopped&) const {
    return "it was stopped while it waited";
  }
  std::string operator()(const NameTaken& why) const {
    return "a workload of this name runs already: " + Describe(why.running) +
           "\n  help: ringfence stop " + why.running.name;
  }
  std::string operator()(const CategoriesTaken& why) const {
    return "its SELinux categories, which come from its name, are those of " +
           Describe(why.holder) +
           "\n  help: give one of the two another name, or wait until that "
           "one has ended";
  }
  std::string operator()(const StillDying& why) const {
    return "a workload is being killed, and its processes are not gone yet: " +
           Describe(why.dying) +
           "\n  help: try again; a process in an uninterruptible wait dies "
           "when its disk answers";
  }
  std::string operator()(const Busy& why) const {
    if (why.holder.pid == 0) {
      return "a process keeps the ledger locked and does not say who it is\n"
             "  help: lslocks and fuser show who has the ledger open";
    }
    return "process " + std::to_string(why.holder.pid) + " of user " +
           UserName(why.uid) +
           " keeps the ledger locked\n  help: try again; if it stays, as that "
           "user or root: kill " +
           std::to_string(why.holder.pid);
  }
  std::string operator()(const Full&) const {
    return "the ledger is full: too many workloads run on this host\n"
           "  help: use another host, or wait until some of them end";
  }
  std::string operator()(const InvalidName& why) const {
    return "`" + why.text +
           "` is not a name: [a-z][a-z0-9-]*, at most 63 characters";
  }
  std::string operator()(const Unusable& why) const { return Describe(why); }
  std::string operator()(const SysError& why) const {
    return std::string("the ledger cannot be used: ") + why.call + ": " +
           std::strerror(why.err) +
           (IsFull(why) ? "\n  help: free space on the file system of the "
                          "ledger; what runs is not touched"
                        : "");
  }
};

struct Codes {
  int operator()(const Incompatible&) const { return 120; }
  int operator()(const Reserved&) const { return 120; }
  int operator()(const Draining&) const { return 120; }
  int operator()(const NotAllowed&) const { return 120; }
  int operator()(const Stopped&) const { return 120; }
  int operator()(const NameTaken&) const { return 123; }
  int operator()(const CategoriesTaken&) const { return 120; }
  int operator()(const StillDying&) const { return 120; }
  int operator()(const Busy&) const { return 120; }
  int operator()(const Full&) const { return 120; }
  int operator()(const InvalidName&) const { return 122; }
  int operator()(const Unusable&) const { return 120; }
  int operator()(const SysError& why) const { return IsFull(why) ? 120 : 125; }
};

}  // namespace

std::string Describe(const Refusal& refusal, const Request& request) {
  return std::visit(Words{request}, refusal);
}

std::string Describe(const Unusable& unusable) {
  return "the ledger cannot be used: " + unusable.path + " " + unusable.reason +
         (unusable.remedy.empty() ? "" : "\n  help: " + unusable.remedy);
}

std::string Describe(const Record& record) {
  return record.name + " (" + DescribeLevel(record.level) +
         (record.level.colocate == model::Colocate::kAlone ? ", alone" : "") +
         "; user " + UserName(record.uid) + "; since " +
         LocalTime(record.since_ms) + ", " + DescribeAge(AgeMs(record)) + ")";
}

uint64_t AgeMs(const Record& record) {
  const uint64_t now = sys::BoottimeMs();
  return now < record.since_boot_ms ? 0 : now - record.since_boot_ms;
}

std::string DescribeAge(uint64_t age_ms) {
  const uint64_t seconds = age_ms / 1000;
  if (seconds < 60) return std::to_string(seconds) + " s";
  if (seconds < 3600) return std::to_string(seconds / 60) + " min";
  if (seconds < 48 * 3600) return std::to_string(seconds / 3600) + " h";
  return std::to_string(seconds / 86400) + " days";
}

std::string DescribeCompatible(std::span<const Record> held) {
  if (held.empty()) return "any workload";
  const model::TrustLevel& first = held.front().level;
  for (const Record& record : held) {
    if (!Compatible(first, record.level)) return "nothing";
  }
  return "workloads of level " + DescribeLevel(first);
}

int ExitCode(const Refusal& refusal) { return std::visit(Codes{}, refusal); }

}  // namespace ringfence::admit
