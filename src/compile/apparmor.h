// The AppArmor profile of a workload, or of a level.
//
//   AppArmorProfile profile = CompileAppArmor(confinement, view, abi);
//   // root loads profile.text with apparmor_parser; a launch selects
//   // profile.name if it is loaded, else its level's.
//
// What is not written down is denied: mounts, pivot_root, changes of profile,
// user namespaces (ABI 4.0), capabilities that are not kept. Paths are those
// inside the sandbox. Source: apparmor.d(5) of AppArmor 3.0 and 4.0.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/confinement.h"

namespace ringfence::compile {

// The policy language of the host's parser. 3.0: Debian 12. 4.0 knows user
// namespaces and message queues, and mediates both where a profile says so.
enum class AppArmorAbi : uint8_t { k3, k4 };

struct AppArmorProfile {
  std::string name;
  std::string text;
  std::vector<model::Source> lines;  // who asked for each line of `text`
};

[[nodiscard]] AppArmorProfile CompileAppArmor(
    const model::Confinement& confinement,
    const std::vector<model::ViewEntry>& view, AppArmorAbi abi);

// What every workload of a level keeps inside of. A view may put scratch space
// anywhere, so reading and writing are left to the mounts and to Landlock;
// execution keeps to the level's ceiling.
struct LevelAccess {
  std::string name;
  std::vector<std::string> may_execute;
  std::vector<std::string> capabilities;
  const model::SeccompPolicy& seccomp;
};
[[nodiscard]] AppArmorProfile CompileAppArmor(const LevelAccess& level,
                                              AppArmorAbi abi);

// Of the launcher itself, which it lets do everything: kernels that restrict
// unprivileged user namespaces let only programs with such a profile make them
// (apparmor_restrict_unprivileged_userns, AppArmor 4.0). `program` is its path.
[[nodiscard]] AppArmorProfile LauncherProfile(const std::string& program);
inline constexpr char kLauncherProfile[] = "ringfence";

// `path` as a quoted AppArmor pattern that matches nothing but it and, with
// `below`, everything in it.
[[nodiscard]] std::string AppArmorPath(std::string_view path, bool below);

}  // namespace ringfence::compile
