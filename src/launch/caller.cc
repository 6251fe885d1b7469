#include "launch/caller.h"

#include <string>

#include "admit/powerful_groups.h"

namespace ringfence::launch {

std::expected<sys::Caller, Refusal> CheckCaller() {
  const auto caller = sys::GetCaller();
  if (!caller) {
    return std::unexpected(
        Refusal{ExitCode::kInternal, Describe(caller.error()), ""});
  }
  if (caller->uid == 0) {
    return std::unexpected(
        Refusal{ExitCode::kProtection, "root may not run workloads",
                "run it as an ordinary user; `ringfence doctor` tells what "
                "that user needs"});
  }
  const auto groups = sys::ReadGroups();
  if (!groups) {
    return std::unexpected(Refusal{ExitCode::kProtection,
                                   Describe(groups.error()),
                                   "make /etc/group readable"});
  }
  const auto powerful = admit::PowerfulGroupsOf(*caller, *groups);
  if (!powerful.empty()) {
    return std::unexpected(Refusal{
        ExitCode::kProtection,
        "you are in the group " + std::string(powerful.front().name) + ": " +
            std::string(powerful.front().power) + ", and so could the workload",
        "run it as a user of its own that is in no such group"});
  }
  return *caller;
}

}  // namespace ringfence::launch
