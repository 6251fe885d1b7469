#include "launch/apparmor.h"

#include <cerrno>
#include <cstring>

#include "launch/select_label.h"
#include "model/label.h"
#include "sys/file.h"

namespace ringfence::launch {
namespace {

constexpr char kEnabled[] = "/sys/module/apparmor/parameters/enabled";

std::string Selection(bool confined, const std::string& profile) {
  return (confined ? "stack " : "exec ") + profile;
}

}  // namespace

std::string SelectionOf(const AppArmor& apparmor) {
  return Selection(apparmor.confined, apparmor.profile);
}

AppArmor JudgeAppArmor(bool enabled, const std::string& level, int refused) {
  AppArmor found{.enabled = enabled};
  if (!enabled) {
    found.why = "this kernel has no AppArmor, or it is off";
    found.remedy = "boot with apparmor=1 security=apparmor";
    return found;
  }
  const std::string profile = model::LevelProfile(level);
  if (refused == 0) {
    found.profile = profile;
  } else if (refused == ENOENT) {
    found.why = "the AppArmor profile " + profile + " is not loaded";
    found.remedy =
        "as root: ringfence host init (or ringfence compile LEVEL.yaml -o DIR, "
        "then apparmor_parser -r DIR/LEVEL.apparmor)";
  } else {
    found.why = "the AppArmor profile " + profile +
                " cannot be selected: " + ::strerrordesc_np(refused);
    found.remedy =
        "the profile that ringfence runs under has to allow "
        "`change_profile -> &" +
        profile + "`";
  }
  return found;
}

AppArmor FindAppArmor(const bundle::Bundle& bundle) {
  const std::string& level = bundle.level.name;
  const auto enabled = sys::ReadFile(kEnabled, 16);
  if (!enabled || !enabled->starts_with('Y')) {
    return JudgeAppArmor(false, level, 0);
  }
  const auto own = sys::ReadFile(kCurrentAttribute, 4096);
  // A profile that confines nothing, as the launcher's own is, is left for
  // another one as no profile is.
  const bool confined =
      !own || (!own->starts_with("unconfined") &&
               own->find(" (unconfined)") == std::string::npos);
  const std::string workloads = model::WorkloadProfile(level, bundle.name);
  AppArmor found;
  if (TryLabel(kExecAttribute, Selection(confined, workloads)) == 0) {
    found = {.enabled = true, .profile = workloads};
  } else {
    found = JudgeAppArmor(
        true, level,
        TryLabel(kExecAttribute,
                 Selection(confined, model::LevelProfile(level))));
  }
  found.confined = confined;
  return found;
}

}  // namespace ringfence::launch
