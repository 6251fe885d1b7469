#include "sys/confine.h"

#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "sys/outcome.h"

namespace ringfence::sys {
namespace {

// The whole struct landlock_ruleset_attr of ABI 6; Debian 12's header has its
// first field only. An older kernel takes a longer structure as long as what
// it does not know is zero (copy_struct_from_user).
struct RulesetAttributes {
  uint64_t handled_access_fs = 0;
  uint64_t handled_access_net = 0;
  uint64_t scoped = 0;
};

Result<long> Install(FilterCode code, unsigned long flags) {
  const sock_fprog program{
      code.count,
      // The kernel copies the program and does not write to it.
      const_cast<sock_filter*>(
          static_cast<const sock_filter*>(code.instructions))};
  const long result =
      ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
  if (result < 0) return Failed("seccomp");
  return result;
}

}  // namespace

uint32_t LandlockAbi() noexcept {
  const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0,
                             LANDLOCK_CREATE_RULESET_VERSION);
  return abi > 0 ? static_cast<uint32_t>(abi) : 0;
}

Result<UniqueFd> LandlockRuleset(uint64_t fs, uint64_t net,
                                 uint64_t scopes) noexcept {
  const RulesetAttributes attributes{fs, net, scopes};
  const long fd =
      ::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
  if (fd < 0) return Failed("landlock_create_ruleset");
  return UniqueFd(static_cast<int>(fd));
}

Result<void> LandlockAllowPath(int ruleset, int path,
                               uint64_t rights) noexcept {
  landlock_path_beneath_attr attributes{};
  attributes.allowed_access = rights;
  attributes.parent_fd = path;
  return Done("landlock_add_rule",
              ::syscall(SYS_landlock_add_rule, ruleset,
                        LANDLOCK_RULE_PATH_BENEATH, &attributes, 0));
}

Result<void> LandlockRestrictSelf(int ruleset) noexcept {
  return Done("landlock_restrict_self",
              ::syscall(SYS_landlock_restrict_self, ruleset, 0));
}

Result<void> InstallFilter(FilterCode code) noexcept {
  RF_TRY(Install(code, 0));
  return {};
}

Result<int> InstallFilterWithListener(FilterCode code) noexcept {
  RF_ASSIGN(const long fd,
            Install(code, SECCOMP_FILTER_FLAG_NEW_LISTENER |
                              SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV));
  return static_cast<int>(fd);
}

bool HasNotification() noexcept {
  const uint32_t action = SECCOMP_RET_USER_NOTIF;
  return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

bool HasWaitKillable() noexcept {
  // Flags are checked before the program is read: EINVAL for an unknown one,
  // EFAULT for a program at address 0.
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                   SECCOMP_FILTER_FLAG_NEW_LISTENER |
                       SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
                   nullptr) < 0 &&
         errno == EFAULT;
}

Result<Notification> ReceiveNotification(int listener) noexcept {
  seccomp_notif raw{};
  if (::ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &raw) < 0) {
    return Failed("ioctl(SECCOMP_IOCTL_NOTIF_RECV)");
  }
  Notification notification{
      raw.id, raw.pid, static_cast<uint32_t>(raw.data.nr), {}};
  std::ranges::copy(raw.data.args, notification.args.begin());
  return notification;
}

Result<void> AnswerNotification(int listener, uint64_t id,
                                uint16_t error) noexcept {
  seccomp_notif_resp answer{};
  answer.id = id;
  answer.error = -static_cast<int>(error);
  return Done("ioctl(SECCOMP_IOCTL_NOTIF_SEND)",
              ::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer));
}

}  // namespace ringfence::sys
