#include "syntax/extract.h"
#include "syntax/extract_values.h"

namespace ringfence::syntax {

HostFacts ExtractHostFacts(const Node& root) {
  const auto yes = [](const Node& mapping, std::string_view key) {
    return BoolOf(At(mapping, key));
  };
  const Node& namespaces = At(root, "namespaces");
  const Node& seccomp = At(root, "seccomp");
  const Node& apparmor = At(root, "apparmor");
  const Node& cgroup = At(root, "cgroup");
  const Node& ids = At(root, "subordinate_ids");
  const Node& limits = At(root, "resource_limits");
  return {
      .host = TextOf(At(root, "host")),
      .kernel = TextOf(At(root, "kernel")),
      .architecture = TextOf(At(root, "architecture")),
      .user = TextOf(At(root, "user")),
      .uid = NumberOf(At(root, "uid")),
      .namespaces = {WordOf<TrialStep>(At(namespaces, "failed"),
                                       TrialStepWords()),
                     NumberOf(At(namespaces, "error")),
                     Maybe(namespaces, "maximum", NumberOf),
                     Maybe(namespaces, "debian_clone", NumberOf),
                     Maybe(namespaces, "apparmor_restrict", NumberOf),
                     namespaces.span},
      .seccomp = {yes(seccomp, "notification"), yes(seccomp, "wait_killable"),
                  seccomp.span},
      .landlock_abi = NumberOf(At(root, "landlock_abi")),
      .apparmor = {yes(apparmor, "enabled"), Each(apparmor, "levels", TextOf)},
      .selinux = WordOf<SelinuxMode>(At(root, "selinux"), SelinuxModeWords()),
      .cgroup = {yes(cgroup, "unified"), TextOf(At(cgroup, "path")),
                 yes(cgroup, "writable"), yes(cgroup, "delegated"),
                 yes(cgroup, "alone"), Each(cgroup, "controllers", TextOf),
                 yes(cgroup, "systemd"), yes(cgroup, "manager"),
                 Each(cgroup, "manager_controllers", TextOf)},
      .subordinate_ids = {yes(ids, "uids"), yes(ids, "gids"),
                          yes(ids, "programs")},
      .resource_limits = {LimitOf(At(limits, "open_files")),
                          LimitOf(At(limits, "processes")),
                          LimitOf(At(limits, "core"))},
      .powerful_groups = Each(root, "powerful_groups", TextOf)};
}

}  // namespace ringfence::syntax
