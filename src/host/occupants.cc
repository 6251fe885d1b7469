#include "host/occupants.h"

#include <dirent.h>

#include <charconv>
#include <memory>

#include "admit/admission.h"
#include "admit/census.h"
#include "admit/layout.h"
#include "sys/file.h"
#include "sys/lock.h"

namespace ringfence::host {
namespace {

constexpr uint32_t kPatienceMs = 10'000;

std::vector<std::string> UserOccupants(int run, model::HostUid uid) {
  const auto place = admit::FindUserPlace(run, uid);
  if (!place) return {admit::Describe(place.error())};
  const auto boot = admit::ReadBoot(*place);
  if (!boot) return {admit::Describe(boot.error())};
  const auto files = admit::OpenFiles(*place, *boot);
  if (!files) return {admit::Describe(files.error())};
  const auto admission =
      admit::Admission::Enter(files->ledger.get(), kPatienceMs);
  if (!admission) return {admit::Describe(admission.error(), {})};
  return Occupants(*files);
}

}  // namespace

std::vector<std::string> Occupants(const admit::Files& files) {
  std::vector<std::string> lines;
  const auto census = admit::TakeCensus(files);
  if (census) {
    for (const admit::Entry& entry : census->alive) {
      lines.push_back(admit::Describe(entry.record));
    }
    if (!lines.empty()) return lines;
  }
  // Also when the records make no sense: a lock is a living sandbox.
  const auto held = sys::GetLock(files.presence.get(), sys::LockKind::kWrite,
                                 admit::kAllRecordLocks);
  if (!held || held->has_value()) {
    lines.push_back("a process that the ledger does not know (see lslocks)");
  }
  return lines;
}

std::vector<std::string> UserScopeOccupants(int run,
                                            const std::string& run_path) {
  std::vector<std::string> lines;
  const std::unique_ptr<DIR, int (*)(DIR*)> users(
      ::opendir((run_path + "/user").c_str()), ::closedir);
  if (!users) return lines;
  while (const dirent* entry = ::readdir(users.get())) {
    const std::string_view name = entry->d_name;
    model::HostUid uid;
    const auto [end, error] =
        std::from_chars(name.data(), name.data() + name.size(), uid.value);
    if (error != std::errc{} || end != name.data() + name.size()) continue;
    // Only where there is one: looking must not make it, as root, in a
    // user's directory.
    const std::string ledger = "user/" + std::string(name) + "/" +
                               admit::kDirectory + "/" + admit::kFile;
    if (!sys::Lstatat(run, ledger.c_str())) continue;
    for (std::string& line : UserOccupants(run, uid)) {
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

}  // namespace ringfence::host
