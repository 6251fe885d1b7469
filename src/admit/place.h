// Where the ledger lives, and whether what is there can be trusted.
//
//   auto place = FindPlace(run_fd, HostUid(getuid()), ringfence_gid);
//   if (!place) ... place.error().reason, .remedy
//
// Host scope: RUN/ringfence, made by `ringfence host init`, root:ringfence
// 0750. Whatever stands at that path means host scope: anything wrong with it
// is a refusal, never a step back to user scope, in which a neighbour started
// by another user would go unseen.
// User scope: RUN/user/UID/ringfence, 0700, made on demand.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "admit/layout.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "model/identity.h"

namespace ringfence::admit {

inline constexpr char kGroup[] = "ringfence";
inline constexpr char kDirectory[] = "ringfence";
inline constexpr char kFile[] = "ledger";
inline constexpr char kPresenceFile[] = "presence";
// Root's rules for the host. Only its being there matters to a launch: what it
// says is compiled into the policy beside the ledger (policy.h).
inline constexpr char kHostFile[] = "/etc/ringfence/host.yaml";

enum class Scope { kHost, kUser };

// The ledger is not what it must be. `remedy` is a command or a sentence.
struct Unusable {
  std::string path;
  std::string reason;
  std::string remedy;
  int err = 0;  // errno, where a system call said no
  bool operator==(const Unusable&) const = default;
};

struct Place {
  Scope scope = Scope::kHost;
  std::string path;      // of the ledger, for people
  UniqueFd run;          // /run; user scope only
  UniqueFd directory;    // of the files
  model::HostUid owner;  // of the files
  uint32_t mode = 0;     // of the files
};

// Both open for reading and writing.
struct Files {
  UniqueFd ledger;
  UniqueFd presence;  // the sandboxes' locks: layout.h
};

// `run` is /run, opened as a directory. `group` is the id of group ringfence;
// nullopt: /etc/group has none.
[[nodiscard]] std::expected<Place, Unusable> FindPlace(
    int run, model::HostUid uid, std::optional<model::HostGid> group);

// The user scope's place, made if it is missing, whatever the host scope is.
[[nodiscard]] std::expected<Place, Unusable> FindUserPlace(int run,
                                                           model::HostUid uid);

// Whether the host scope came into being after `place`, of the user scope, was
// found. Asked in the critical section: `host init` makes its directory first
// and then looks into each user's ledger.
[[nodiscard]] Result<bool> IsOvertaken(const Place& place);

// The boot and the PID namespace of this process.
[[nodiscard]] std::expected<Boot, Unusable> ReadBoot(const Place& place);

// Opens the ledger and checks its owner, type, mode, size and header. In user
// scope a missing one is made.
[[nodiscard]] std::expected<UniqueFd, Unusable> OpenLedger(const Place& place,
                                                           const Boot& boot);
// The presence file that belongs to the open `ledger`, checked likewise.
[[nodiscard]] std::expected<UniqueFd, Unusable> OpenPresence(const Place& place,
                                                             int ledger);
// Both.
[[nodiscard]] std::expected<Files, Unusable> OpenFiles(const Place& place,
                                                       const Boot& boot);

// Makes an empty ledger in `directory`, complete before it has a name, and the
// presence file unless it is there. EEXIST: there is a ledger. `group`: nullopt
// leaves the caller's.
[[nodiscard]] Result<void> CreateFiles(int directory, uint32_t mode,
                                       std::optional<model::HostGid> group);

// The remedy for a ledger whose content is wrong.
[[nodiscard]] Unusable Damaged(const Place& place, std::string reason);

}  // namespace ringfence::admit
