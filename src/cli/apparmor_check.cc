#include "cli/apparmor_check.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <vector>

#include "base/unique_fd.h"
#include "sys/file.h"

namespace ringfence::cli {
namespace {

using compile::CompileError;

constexpr char kParser[] = "/usr/sbin/apparmor_parser";
// A few lines; whatever comes after them is of no use to anybody.
constexpr size_t kMaxComplaint = 16 * 1024;

// What the running kernel would tell the parser, for one that has no AppArmor.
std::string FeaturesOf(compile::AppArmorAbi abi) {
  return std::string("/etc/apparmor.d/abi/") +
         (abi == compile::AppArmorAbi::k3 ? "3.0" : "4.0");
}

std::unexpected<CompileError> CannotCheck(const char* what) {
  return std::unexpected(CompileError{
      std::string("the AppArmor profile cannot be checked: ") + what, {}});
}

// A file in memory that is at its beginning.
Result<UniqueFd> FileWith(std::string_view text) {
  UniqueFd file(::memfd_create("profile", MFD_CLOEXEC));
  if (!file) return std::unexpected(SysError{"memfd_create", errno});
  RF_TRY(sys::PwriteAll(file.get(), std::as_bytes(std::span(text)), 0));
  return file;
}

struct Verdict {
  bool accepted = false;
  std::string complaint;
};

std::expected<Verdict, CompileError> Ask(const std::string& text,
                                         const std::string& features) {
  auto profile = FileWith(text);
  auto complaint = FileWith("");
  if (!profile || !complaint) return CannotCheck("no file in memory");
  std::vector<std::string> words = {kParser,
                                    "--skip-kernel-load",
                                    "--skip-cache",
                                    "--config-file=/dev/null",
                                    "--base=/etc/apparmor.d",
                                    "--features-file=" + features};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  char* const environment[] = {nullptr};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, profile->get(), STDIN_FILENO);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null",
                                     O_WRONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, complaint->get(), STDERR_FILENO);
  pid_t parser = 0;
  const int failed = ::posix_spawn(&parser, kParser, &actions, nullptr,
                                   arguments.data(), environment);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return CannotCheck("apparmor_parser does not start");
  int status = 0;
  while (::waitpid(parser, &status, 0) < 0 && errno == EINTR) {
  }
  Verdict verdict{.accepted = status == 0, .complaint = {}};
  ::lseek(complaint->get(), 0, SEEK_SET);
  if (auto said = sys::ReadAll(complaint->get(), kMaxComplaint)) {
    verdict.complaint = *std::move(said);
  }
  return verdict;
}

// "... at line 15: syntax error" -> 15; 0: it names none.
size_t LineIn(std::string_view complaint) {
  constexpr std::string_view kBefore = "at line ";
  const size_t at = complaint.find(kBefore);
  if (at == std::string_view::npos) return 0;
  size_t line = 0;
  std::from_chars(complaint.data() + at + kBefore.size(),
                  complaint.data() + complaint.size(), line);
  return line;
}

}  // namespace

bool KnowsAppArmor(compile::AppArmorAbi abi) {
  return ::access(kParser, X_OK) == 0 &&
         ::access(FeaturesOf(abi).c_str(), R_OK) == 0;
}

std::expected<AppArmorCheck, CompileError> CheckAppArmor(
    const compile::AppArmorProfile& profile, compile::AppArmorAbi abi) {
  if (!KnowsAppArmor(abi)) return AppArmorCheck::kNotInstalled;
  const std::string features = FeaturesOf(abi);
  const auto verdict = Ask(profile.text, features);
  if (!verdict) return std::unexpected(verdict.error());
  if (verdict->accepted) return AppArmorCheck::kAccepted;
  CompileError error{.why = "apparmor_parser rejects the profile " +
                            profile.name + ": " + verdict->complaint,
                     .source = {}};
  while (error.why.ends_with('\n')) error.why.pop_back();
  const size_t line = LineIn(verdict->complaint);
  if (line >= 1 && line <= profile.lines.size()) {
    error.source = profile.lines[line - 1];
  }
  return std::unexpected(std::move(error));
}

}  // namespace ringfence::cli
