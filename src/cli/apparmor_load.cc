#include "cli/apparmor_load.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <sstream>
#include <string>
#include <vector>

#include "cli/apparmor_check.h"
#include "cli/build.h"
#include "cli/child.h"
#include "cli/host_levels.h"
#include "cli/install.h"
#include "sys/file.h"

namespace ringfence::cli {
namespace {

constexpr char kParser[] = "/usr/sbin/apparmor_parser";
constexpr char kEnabled[] = "/sys/module/apparmor/parameters/enabled";
constexpr char kPolicy[] = "/sys/kernel/security/apparmor";
constexpr std::string_view kPrefix = "ringfence-";

bool IsOn() {
  return sys::ReadFile(kEnabled, 16).value_or("").starts_with('Y');
}

// Of levels and of the launcher: that of a workload has its name behind a dot.
std::vector<std::string> LoadedProfiles() {
  std::istringstream lines(
      sys::ReadFile((std::string(kPolicy) + "/profiles").c_str(), 4u << 20)
          .value_or(""));
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line);) {
    const std::string name = line.substr(0, line.find(' '));
    if (name == compile::kLauncherProfile ||
        (name.starts_with(kPrefix) && name.find('.') == std::string::npos)) {
      names.push_back(name);
    }
  }
  return names;
}

Result<void> Remove(const std::string& name) {
  RF_ASSIGN(const UniqueFd file,
            sys::Open((std::string(kPolicy) + "/.remove").c_str(), O_WRONLY));
  return sys::WriteAll(file.get(), name);
}

}  // namespace

host::Outcome LoadAppArmor(host::Mode mode) {
  host::Outcome outcome;
  if (!IsOn()) return outcome;
  if (::access(kParser, X_OK) != 0) {
    outcome.lines.emplace_back(
        "loaded no AppArmor profile: apparmor_parser is not installed");
    return outcome;
  }
  // All are compiled before one is loaded.
  std::vector<compile::AppArmorProfile> profiles;
  for (const std::string& name : HostLevels()) {
    Build build(ProfileFolders(""));
    const auto level = build.Level(name);
    if (!level) {
      outcome.problem = {"the trust level " + name + " does not compile",
                         "ringfence compile says where it is wrong"};
      return outcome;
    }
    profiles.push_back(build.AppArmor(*level));
  }
  // Only a parser of this language is one of a kernel that asks for it.
  if (KnowsAppArmor(compile::AppArmorAbi::k4)) {
    profiles.push_back(
        compile::LauncherProfile(FindProgram("ringfence-launch")));
  }
  for (const compile::AppArmorProfile& profile : profiles) {
    if (mode == host::Mode::kDryRun) {
      outcome.lines.push_back("would load the AppArmor profile " +
                              profile.name);
      continue;
    }
    const auto loaded =
        RunChild({kParser, "--replace", "--skip-cache"}, profile.text);
    if (!loaded || loaded->exit_code != 0) {
      outcome.problem = {
          "the AppArmor profile " + profile.name +
              " is not loaded: " + (loaded ? loaded->errors : loaded.error()),
          "see apparmor_parser(8)"};
      return outcome;
    }
    outcome.lines.push_back("loaded the AppArmor profile " + profile.name);
  }
  return outcome;
}

host::Outcome UnloadAppArmor(host::Mode mode) {
  host::Outcome outcome;
  if (!IsOn()) return outcome;
  for (const std::string& name : LoadedProfiles()) {
    if (mode == host::Mode::kDryRun) {
      outcome.lines.push_back("would remove the AppArmor profile " + name);
      continue;
    }
    if (const auto removed = Remove(name); !removed) {
      outcome.problem = {"the AppArmor profile " + name +
                             " stays: " + std::strerror(removed.error().err),
                         "apparmor_parser -R"};
      return outcome;
    }
    outcome.lines.push_back("removed the AppArmor profile " + name);
  }
  return outcome;
}

}  // namespace ringfence::cli
