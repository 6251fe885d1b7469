#include "host/facts.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <sstream>

#include "admit/ledger.h"
#include "sys/confine.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/user.h"

namespace ringfence::host {
namespace {

constexpr size_t kLimit = size_t{4} << 20;

std::string ReadText(const std::string& path) {
  return sys::ReadFile(path.c_str(), kLimit).value_or(std::string());
}

std::optional<uint64_t> ReadNumber(const char* path) {
  const std::string text = ReadText(path);
  uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  return number;
}

Selinux ReadSelinux() {
  const auto enforcing = ReadNumber("/sys/fs/selinux/enforce");
  if (!enforcing) return Selinux::kAbsent;
  return *enforcing != 0 ? Selinux::kEnforcing : Selinux::kPermissive;
}

// Whether a line of /etc/subuid or /etc/subgid (subuid(5)) is the caller's,
// by name or by number.
bool NamesCaller(const char* path, const std::string& user, uint32_t uid) {
  std::istringstream lines(ReadText(path));
  for (std::string line; std::getline(lines, line);) {
    const std::string owner = line.substr(0, line.find(':'));
    if (owner == user || owner == std::to_string(uid)) return true;
  }
  return false;
}

// Set-user-ID, or with file capabilities, which show as an attribute.
bool IsPrivileged(const char* path) {
  const auto status = sys::Lstatat(AT_FDCWD, path);
  if (!status || !S_ISREG(status->st_mode)) return false;
  if (!sys::Accessat(AT_FDCWD, path, X_OK)) return false;
  return (status->st_mode & S_ISUID) != 0 || sys::HasFileCapabilities(path);
}

uint64_t HardLimit(uint32_t resource) {
  const auto limit = sys::GetLimit(resource);
  return limit ? limit->hard : 0;
}

// The ledger, the rules beside it, and what runs that it does not know.
void ReadLedger(Facts& facts) {
  const auto ledger = admit::Ledger::Open(model::HostUid(facts.uid));
  std::vector<admit::Entry> own;
  if (!ledger) {
    facts.ledger = {std::nullopt, ledger.error().path, ledger.error()};
  } else {
    facts.ledger = {ledger->scope(), ledger->path(), {}};
    auto running = ledger->Running();
    auto policy = ledger->Policy();
    if (!running) {
      facts.ledger = {std::nullopt, running.error().path, running.error()};
    } else if (!policy) {
      facts.ledger = {std::nullopt, policy.error().path, policy.error()};
    }
    own = std::move(running).value_or(std::vector<admit::Entry>());
    facts.policy = std::move(policy).value_or(model::HostPolicy{});
  }
  facts.foreign = FindForeign({}, own);
}

}  // namespace

Facts Gather() {
  Facts facts;
  facts.uid = ::geteuid();
  const auto users = sys::ReadUsers();
  facts.user =
      users ? sys::NameOf(*users, facts.uid) : std::to_string(facts.uid);
  facts.namespaces = TryNamespaces();
  facts.knobs = {
      .debian_clone = ReadNumber("/proc/sys/kernel/unprivileged_userns_clone"),
      .apparmor_restrict =
          ReadNumber("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
      .maximum = ReadNumber("/proc/sys/user/max_user_namespaces")};
  facts.notification = sys::HasNotification();
  facts.wait_killable = sys::HasWaitKillable();
  facts.landlock_abi = sys::LandlockAbi();
  facts.apparmor =
      ReadText("/sys/module/apparmor/parameters/enabled").starts_with('Y');
  facts.selinux = ReadSelinux();
  facts.cgroup = ReadCgroup(facts.uid);
  facts.subordinate = {
      .uids = NamesCaller("/etc/subuid", facts.user, facts.uid),
      .gids = NamesCaller("/etc/subgid", facts.user, facts.uid),
      .programs = IsPrivileged("/usr/bin/newuidmap") &&
                  IsPrivileged("/usr/bin/newgidmap")};
  facts.limits = {.open_files = HardLimit(RLIMIT_NOFILE),
                  .processes = HardLimit(RLIMIT_NPROC),
                  .core = HardLimit(RLIMIT_CORE)};
  const auto caller = sys::GetCaller();
  const auto groups = sys::ReadGroups();
  if (caller && groups) {
    facts.groups = admit::PowerfulGroupsOf(*caller, *groups);
  }
  ReadLedger(facts);
  // Documentation/admin-guide/mm/ksm.rst and .../hw-vuln in the kernel.
  facts.neighbours = {
      .ksm = ReadNumber("/sys/kernel/mm/ksm/run") == 1u,
      .smt = ReadNumber("/sys/devices/system/cpu/smt/active") == 1u};
  return facts;
}

}  // namespace ringfence::host
