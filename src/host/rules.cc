#include "host/rules.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "admit/admission.h"
#include "host/policy.h"
#include "sys/file.h"
#include "sys/user.h"

namespace ringfence::host {
namespace {

constexpr size_t kLimit = size_t{1} << 20;
constexpr uint32_t kPatienceMs = 10'000;
constexpr char kFolder[] = "/etc/ringfence";
constexpr char kName[] = "host.yaml";
constexpr char kNewName[] = "host.yaml.new";
constexpr char kRetiredName[] = "host.yaml.off";

std::string Path(const char* name) { return std::string(kFolder) + "/" + name; }

Problem Failed(const std::string& what, const SysError& error) {
  return {what + " (" + error.call + ": " + std::strerror(error.err) + ")",
          "run it as root of the host, not of a container"};
}

Result<UniqueFd> OpenFolder() {
  return sys::Open(kFolder, O_RDONLY | O_DIRECTORY);
}

// What is forbidden now and runs all the same.
std::vector<std::string> StillRunning(const admit::Ledger& ledger,
                                      const model::HostPolicy& policy) {
  std::vector<std::string> lines;
  const auto running = ledger.Running();
  if (!running || policy.accepts.empty()) return lines;
  for (const admit::Entry& entry : *running) {
    if (std::ranges::find(policy.accepts, entry.record.level.name) ==
        policy.accepts.end()) {
      lines.push_back("runs on until it ends: " +
                      admit::Describe(entry.record));
    }
  }
  return lines;
}

}  // namespace

std::expected<std::optional<std::string>, Problem> ReadRules() {
  const std::string path = Path(kName);
  const auto file = sys::Open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!file && (file.error().err == ENOENT || file.error().err == ENOTDIR)) {
    return std::nullopt;
  }
  if (!file) {
    return std::unexpected(Failed(path + " cannot be read", file.error()));
  }
  const auto status = sys::Fstat(file->get());
  if (!status || !S_ISREG(status->st_mode) || status->st_uid != 0 ||
      (status->st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return std::unexpected(Problem{
        path + " is not a regular file that root alone may write",
        "look at it, then: chown root " + path + "; chmod 644 " + path});
  }
  auto text = sys::ReadAll(file->get(), kLimit);
  if (!text) {
    return std::unexpected(Failed(path + " cannot be read", text.error()));
  }
  return *std::move(text);
}

std::optional<Problem> WriteRules(std::string_view text) {
  if (const auto made = sys::Mkdirat(AT_FDCWD, kFolder, 0755);
      !made && made.error().err != EEXIST) {
    return Failed(std::string(kFolder) + " cannot be made", made.error());
  }
  const auto write = [&]() -> Result<void> {
    RF_ASSIGN(const UniqueFd folder, OpenFolder());
    RF_ASSIGN(const UniqueFd file,
              sys::OpenAt(folder.get(), kNewName,
                          O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0644));
    RF_TRY(sys::WriteAll(file.get(), text));
    RF_TRY(sys::Fchmod(file.get(), 0644));
    // It must outlive a power cut: the next boot reads it.
    if (::fsync(file.get()) != 0) {
      return std::unexpected(SysError{"fsync", errno});
    }
    return sys::Renameat(folder.get(), kNewName, kName);
  };
  if (const auto written = write(); !written) {
    return Failed(Path(kName) + " cannot be written", written.error());
  }
  return std::nullopt;
}

std::expected<std::optional<std::string>, Problem> RetireRules() {
  const auto folder = OpenFolder();
  if (!folder && folder.error().err == ENOENT) return std::nullopt;
  if (!folder) {
    return std::unexpected(
        Failed(std::string(kFolder) + " cannot be opened", folder.error()));
  }
  const auto renamed = sys::Renameat(folder->get(), kName, kRetiredName);
  if (!renamed && renamed.error().err == ENOENT) return std::nullopt;
  if (!renamed) {
    return std::unexpected(
        Failed(Path(kName) + " cannot be renamed", renamed.error()));
  }
  return Path(kRetiredName);
}

Outcome Apply(const admit::Ledger& ledger, int directory,
              const model::HostPolicy& policy) {
  Outcome outcome;
  const auto file = ledger.OpenAnother();
  if (!file) {
    outcome.problem = {file.error().path + " " + file.error().reason,
                       file.error().remedy};
    return outcome;
  }
  // Nobody is being admitted by the old rules when this returns.
  const auto admission = admit::Admission::Enter(file->get(), kPatienceMs);
  if (!admission) {
    outcome.problem = {admit::Describe(admission.error(), {}),
                       "end that process, then run this again"};
    return outcome;
  }
  if (const auto written = WritePolicy(directory, policy); !written) {
    outcome.problem = Failed("the policy cannot be written", written.error());
    return outcome;
  }
  std::string accepted;
  for (const std::string& level : policy.accepts) accepted += " " + level;
  outcome.lines.push_back("this host accepts" +
                          (accepted.empty() ? " every level" : accepted) +
                          (policy.draining ? ", and is being drained" : ""));
  for (std::string& line : StillRunning(ledger, policy)) {
    outcome.lines.push_back(std::move(line));
  }
  return outcome;
}

Outcome Apply(const Ground& ground, const model::HostPolicy& policy) {
  Outcome outcome;
  const auto run = sys::Open(ground.run.c_str(), O_PATH | O_DIRECTORY);
  const auto groups = sys::ReadGroups();
  std::optional<model::HostGid> group;
  if (groups) {
    if (const auto gid = sys::IdOf(*groups, ground.group)) group.emplace(*gid);
  }
  if (!run) {
    outcome.problem = Failed(ground.run + " cannot be opened", run.error());
    return outcome;
  }
  const auto directory =
      sys::OpenAt2(run->get(), admit::kDirectory,
                   {.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
                    .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS});
  if (!directory) {
    outcome.problem = {ground.run + "/" + admit::kDirectory +
                           " is not there: this host has no ledger",
                       "ringfence host init"};
    return outcome;
  }
  const auto ledger =
      admit::Ledger::OpenBelow(run->get(), model::HostUid(0), group);
  if (!ledger) {
    outcome.problem = {ledger.error().path + " " + ledger.error().reason,
                       ledger.error().remedy};
    return outcome;
  }
  return Apply(*ledger, directory->get(), policy);
}

}  // namespace ringfence::host
