#include "cli/selinux_load.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>
#include <string>

#include "cli/build.h"
#include "cli/child.h"
#include "cli/host_levels.h"
#include "cli/install.h"
#include "cli/selinux_check.h"
#include "sys/file.h"

namespace ringfence::cli {
namespace {

constexpr char kEnforce[] = "/sys/fs/selinux/enforce";
constexpr char kSemodule[] = "/usr/sbin/semodule";
constexpr char kModule[] = "ringfence";

bool IsOn() { return ::access(kEnforce, F_OK) == 0; }

std::string LastLine(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

// semodule takes the name of a module from that of its file.
class ModuleFile {
 public:
  explicit ModuleFile(std::string_view text) {
    if (::mkdtemp(folder_) == nullptr) return;
    const auto file =
        sys::Open(path().c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600);
    written_ = file && sys::WriteAll(file->get(), text);
  }
  ~ModuleFile() {
    ::unlink(path().c_str());
    ::rmdir(folder_);
  }
  ModuleFile(const ModuleFile&) = delete;
  ModuleFile& operator=(const ModuleFile&) = delete;

  [[nodiscard]] std::string path() const {
    return std::string(folder_) + "/" + kModule + ".cil";
  }
  [[nodiscard]] bool written() const { return written_; }

 private:
  char folder_[32] = "/run/ringfence-XXXXXX";
  bool written_ = false;
};

// Whether it is loaded; nullopt: semodule does not say.
std::optional<bool> IsLoaded() {
  const auto listed = RunChild({kSemodule, "-l"}, "");
  if (!listed || listed->exit_code != 0) return std::nullopt;
  std::istringstream lines(listed->output);
  for (std::string line; std::getline(lines, line);) {
    if (line.substr(0, line.find_first_of(" \t")) == kModule) return true;
  }
  return false;
}

}  // namespace

host::Outcome LoadSelinux(host::Mode mode) {
  host::Outcome outcome;
  if (!IsOn()) return outcome;
  if (::access(kSemodule, X_OK) != 0) {
    outcome.lines.emplace_back(
        "loaded no SELinux module: semodule (policycoreutils) is not "
        "installed");
    return outcome;
  }
  Build build(ProfileFolders(""));
  std::vector<resolve::ResolvedLevel> levels;
  for (const std::string& name : HostLevels()) {
    auto level = build.Level(name);
    if (!level) {
      outcome.problem = {"the trust level " + name + " does not compile",
                         "ringfence compile says where it is wrong"};
      return outcome;
    }
    levels.push_back(*std::move(level));
  }
  const auto module = build.Selinux(kModule, std::move(levels));
  if (!module || !build.Accepted({*module})) {
    outcome.problem = {"the SELinux module does not compile: " +
                           LastLine(build.Problems(syntax::Colour::kOff)),
                       "ringfence compile LEVEL.yaml -o DIR says more"};
    return outcome;
  }
  if (mode == host::Mode::kDryRun) {
    outcome.lines.emplace_back("would load the SELinux module ringfence");
    return outcome;
  }
  const ModuleFile file(module->text);
  const auto loaded =
      file.written()
          ? RunChild({kSemodule, "-i", file.path()}, "")
          : std::unexpected(std::string("no file can be made in /run"));
  if (!loaded || loaded->exit_code != 0) {
    outcome.problem = {
        "the SELinux module ringfence is not loaded: " +
            (loaded ? Describe(SelinuxError(loaded->errors, *module))
                    : loaded.error()),
        "see semodule(8)"};
    return outcome;
  }
  outcome.lines.emplace_back("loaded the SELinux module ringfence (semodule)");
  return outcome;
}

host::Outcome UnloadSelinux(host::Mode mode) {
  host::Outcome outcome;
  if (!IsOn() || ::access(kSemodule, X_OK) != 0) return outcome;
  const auto there = IsLoaded();
  if (there && !*there) return outcome;
  if (mode == host::Mode::kDryRun) {
    outcome.lines.emplace_back("would remove the SELinux module ringfence");
    return outcome;
  }
  const auto removed = RunChild({kSemodule, "-r", kModule}, "");
  if (!removed || removed->exit_code != 0) {
    outcome.problem = {
        "the SELinux module ringfence stays: " +
            (removed ? LastLine(removed->errors) : removed.error()),
        "semodule -r ringfence"};
    return outcome;
  }
  outcome.lines.emplace_back("removed the SELinux module ringfence");
  return outcome;
}

}  // namespace ringfence::cli
