// History: what `ringfence inspect` and `ringfence why` read about a workload,
// while it runs and after it has ended.
//
//   History history(uid, "storefront");
//   history.Keep(text);     // as often as something changes
//   history.Close(text);    // the workload has ended, or was refused
//
// A file of JSON a workload in RUN/user/UID/ringfence/history, whatever the
// scope of the ledger is (docs/adr/0009): private to the user, replaced as a
// whole, never visible in a sandbox. It is a report and no protection: where
// it cannot be written, that is said once and the workload runs all the same.
// Nothing waits for it and it holds no lock.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "model/identity.h"

namespace ringfence::launch {

// NAME.PID-START.running while its supervisor, that process, lives; then
// NAME.ended.
inline constexpr char kHistory[] = "history";
inline constexpr char kRunning[] = ".running";
inline constexpr char kEnded[] = ".ended";
// So many ended workloads are remembered; the oldest go first.
inline constexpr size_t kRemembered = 64;

// Whether the supervisor in the name of such a file lives. What cannot be told
// counts as alive.
[[nodiscard]] bool IsAlive(std::string_view file);

class History {
 public:
  // Does nothing yet: the folder is opened when something is kept, so that no
  // descriptor of it is there when the sandbox is made.
  History(model::HostUid uid, std::string name)
      : uid_(uid), name_(std::move(name)) {}

  [[nodiscard]] Result<void> Keep(const std::string& text);
  [[nodiscard]] Result<void> Close(const std::string& text);

 private:
  [[nodiscard]] Result<void> Open();
  [[nodiscard]] Result<void> Tidy();
  [[nodiscard]] Result<void> Replace(const std::string& file,
                                     const std::string& text);

  model::HostUid uid_;
  std::string name_;
  std::string running_;  // the file's name while the workload runs
  UniqueFd folder_;
};

}  // namespace ringfence::launch
