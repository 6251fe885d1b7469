#include "launch/apparmor.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "model/label.h"
#include "sys/file.h"
#include "sys/process.h"

namespace ringfence::launch {
namespace {

constexpr char kEnabled[] = "/sys/module/apparmor/parameters/enabled";

std::string Selection(bool confined, const std::string& profile) {
  return (confined ? "stack " : "exec ") + profile;
}

// 0, or the errno with which the kernel refuses to select `profile`. What is
// selected cannot be taken back, so a child tries.
int Try(const std::string& selection) {
  auto child = sys::Fork(0);
  if (!child) return child.error().err;
  if (child->pid == 0) {
    const std::string path = std::string("/proc/") + kExecAttribute;
    const auto attribute = sys::Open(path.c_str(), O_WRONLY);
    if (!attribute) ::_exit(attribute.error().err);
    const auto written = sys::WriteAll(attribute->get(), selection);
    ::_exit(written ? 0 : written.error().err);
  }
  int status = 0;
  while (::waitpid(child->pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : EINVAL;
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
        "as root: ringfence compile LEVEL.yaml -o DIR, then "
        "apparmor_parser -r DIR/LEVEL.apparmor";
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
  const bool confined = !own || !own->starts_with("unconfined");
  const std::string workloads = model::WorkloadProfile(level, bundle.name);
  AppArmor found;
  if (Try(Selection(confined, workloads)) == 0) {
    found = {.enabled = true, .profile = workloads};
  } else {
    found = JudgeAppArmor(true, level,
                          Try(Selection(confined, model::LevelProfile(level))));
  }
  found.confined = confined;
  return found;
}

}  // namespace ringfence::launch
