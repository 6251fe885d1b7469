#include "host/ground.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "admit/admission.h"
#include "admit/ledger.h"
#include "admit/policy.h"
#include "audit/place.h"
#include "host/occupants.h"
#include "host/policy.h"
#include "host/rules.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/user.h"

namespace ringfence::host {
namespace {

constexpr mode_t kDirectoryMode = 0750;
constexpr uint32_t kPatienceMs = 10'000;

// Collects the lines of one run and turns a failed call into its problem.
class Work {
 public:
  explicit Work(const Ground& ground)
      : ground_(ground), path_(ground.run + "/" + admit::kDirectory) {}

  Outcome Initialise() {
    if (Prepare() && MakeGroup() && MakeLog() && MakeDirectory() &&
        CheckUserScope() && MakeLedger()) {
      Say("users who may start workloads: usermod -aG " + ground_.group +
          " USER");
      Say("this holds until the next boot: let the boot run it again "
          "(ringfence-host.service)");
    }
    return std::move(outcome_);
  }

  Outcome Deinitialise() {
    if (!Prepare()) return std::move(outcome_);
    const auto status = sys::Lstatat(run_.get(), admit::kDirectory);
    if (!status && status.error().err == ENOENT) {
      Say(path_ + " is not there: nothing to undo");
    } else if (!status) {
      Fail(path_ + " cannot be looked at", status.error());
    } else if (!S_ISDIR(status->st_mode)) {
      Fail(path_ + " is not a directory", "look at it, then: rm " + path_);
    } else if (RemoveLedger() && RemoveDirectory()) {
      Say("the group " + ground_.group + " stays; to remove it: groupdel " +
          ground_.group);
      Say("the event log in " + ground_.logs + "/" + admit::kDirectory +
          " stays");
    }
    return std::move(outcome_);
  }

 private:
  bool dry() const { return ground_.mode == Mode::kDryRun; }
  void Say(std::string line) { outcome_.lines.push_back(std::move(line)); }
  // What is done now, or only said in a dry run.
  void SayDo(std::string_view would, std::string_view did) {
    Say(dry() ? "would " + std::string(would) : std::string(did));
  }
  bool Fail(std::string what, std::string remedy) {
    outcome_.problem = {std::move(what), std::move(remedy)};
    return false;
  }
  bool Fail(const std::string& what, SysError error) {
    return Fail(
        what + " (" + error.call + ": " + std::strerror(error.err) + ")",
        "run it as root of the host, not of a container");
  }

  bool Prepare() {
    if (::geteuid() != 0) {
      return Fail("only root may do this", "sudo ringfence host init|deinit");
    }
    auto run = sys::Open(ground_.run.c_str(), O_PATH | O_DIRECTORY);
    if (!run) return Fail(ground_.run + " cannot be opened", run.error());
    run_ = std::move(*run);
    return true;
  }

  bool LookUpGroup() {
    const auto groups = sys::ReadGroups();
    if (!groups) return false;
    const auto gid = sys::IdOf(*groups, ground_.group);
    if (gid) gid_ = model::HostGid(*gid);
    return gid.has_value();
  }

  bool MakeGroup() {
    if (LookUpGroup()) {
      Say("group " + ground_.group + " is there (" +
          std::to_string(gid_.value) + ")");
      return true;
    }
    if (dry()) {
      Say("would make the group " + ground_.group);
      return true;
    }
    std::string program = "/usr/sbin/groupadd";
    std::string flag = "--system";
    std::string name = ground_.group;
    std::array<char*, 4> argv{program.data(), flag.data(), name.data(),
                              nullptr};
    std::array<char*, 1> environment{nullptr};
    pid_t child = 0;
    int status = 0;
    const int error = ::posix_spawn(&child, program.c_str(), nullptr, nullptr,
                                    argv.data(), environment.data());
    if (error != 0 || ::waitpid(child, &status, 0) != child || status != 0 ||
        !LookUpGroup()) {
      return Fail("groupadd did not make the group " + ground_.group,
                  "make it by hand: groupadd --system " + ground_.group);
    }
    Say("made the group " + ground_.group + " (" + std::to_string(gid_.value) +
        ")");
    return true;
  }

  // Before the ledger: who is admitted finds a log to be written to.
  bool MakeLog() {
    const std::string path = ground_.logs + "/" + admit::kDirectory;
    if (sys::Lstatat(AT_FDCWD, path.c_str())) {
      Say("the event log in " + path + " is there");
    } else {
      SayDo("make the event log in " + path, "made the event log in " + path);
    }
    if (dry()) return true;
    const auto made = audit::MakeHostPlace(ground_.logs, gid_);
    if (made) return true;
    return Fail(audit::Describe(made.error()), made.error().remedy);
  }

  bool MakeDirectory() {
    const auto before = sys::Lstatat(run_.get(), admit::kDirectory);
    if (!before && before.error().err != ENOENT) {
      return Fail(path_ + " cannot be looked at", before.error());
    }
    if (before && (!S_ISDIR(before->st_mode) || before->st_uid != 0)) {
      return Fail(path_ + " is there, and is not a directory of root",
                  "look at it, then remove it and run this again");
    }
    if (!before) {
      SayDo("make " + path_, "made " + path_);
      if (dry()) return true;
      const auto made =
          sys::Mkdirat(run_.get(), admit::kDirectory, kDirectoryMode);
      if (!made) return Fail(path_ + " cannot be made", made.error());
      made_ = true;
    }
    auto opened = OpenDirectory();
    if (!opened) return Fail(path_ + " cannot be opened", opened.error());
    directory_ = std::move(*opened);
    return (HasLedger() || Mount()) && SetOwner();
  }

  Result<UniqueFd> OpenDirectory() {
    return sys::OpenAt2(run_.get(), admit::kDirectory,
                        {.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
                         .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS});
  }

  bool HasLedger() {
    return sys::Lstatat(directory_.get(), admit::kFile).has_value();
  }

  Result<bool> IsMount() {
    RF_ASSIGN(const struct stat run, sys::Fstat(run_.get()));
    RF_ASSIGN(const struct stat own, sys::Fstat(directory_.get()));
    return run.st_dev != own.st_dev;
  }

  // A file system of its own, so that nobody who fills /run stops admission.
  Result<void> TryMount() {
    RF_ASSIGN(const UniqueFd fs, sys::FsOpen("tmpfs"));
    for (const auto& [key, value] :
         {std::pair{"source", "ringfence"}, std::pair{"size", "4m"},
          std::pair{"nr_inodes", "16"}, std::pair{"mode", "0750"}}) {
      RF_TRY(sys::FsConfigString(fs.get(), key, value));
    }
    RF_TRY(sys::FsConfigCreate(fs.get()));
    RF_ASSIGN(const UniqueFd mount,
              sys::FsMount(fs.get(), sys::kMountNoSuid | sys::kMountNoDev |
                                         sys::kMountNoExec));
    return sys::MoveMount(mount.get(), directory_.get());
  }

  bool Mount() {
    const auto mounted = IsMount();
    if (!mounted) return Fail(path_ + " cannot be read", mounted.error());
    if (*mounted) {
      Say(path_ + " is a file system of its own");
      return true;
    }
    if (dry()) {
      Say("would mount a tmpfs of 4 MiB on " + path_);
      return true;
    }
    if (const auto done = TryMount(); !done) {
      Say("no file system of its own (" + std::string(done.error().call) +
          ": " + std::strerror(done.error().err) + "): " + path_ +
          " is a plain directory");
      return true;
    }
    auto top = OpenDirectory();
    if (!top) return Fail(path_ + " cannot be opened", top.error());
    directory_ = std::move(*top);
    Say("mounted a tmpfs of 4 MiB on " + path_);
    return true;
  }

  bool SetOwner() {
    const auto status = sys::Fstat(directory_.get());
    if (!status) return Fail(path_ + " cannot be read", status.error());
    if (status->st_gid == gid_.value &&
        (status->st_mode & 07777) == kDirectoryMode) {
      return true;
    }
    const std::string what = " to root:" + ground_.group + ", mode 0750";
    SayDo("set " + path_ + what, "set " + path_ + what);
    if (dry()) return true;
    if (const auto done = sys::Fchown(directory_.get(), 0, gid_.value); !done) {
      return Fail(path_ + " cannot change its group", done.error());
    }
    if (const auto done = sys::Fchmod(directory_.get(), kDirectoryMode);
        !done) {
      return Fail(path_ + " cannot change its mode", done.error());
    }
    return true;
  }

  // Asked when the directory exists: from then on nobody is admitted in user
  // scope any more.
  bool CheckUserScope() {
    if (directory_ && HasLedger()) return true;
    const auto occupants = UserScopeOccupants(run_.get(), ground_.run);
    if (occupants.empty()) return true;
    if (made_) {
      directory_.reset();
      // Back to user scope. Should this fail, nothing is admitted until the
      // next init: the safe side.
      (void)sys::Unmount(path_.c_str());
      (void)sys::Unlinkat(run_.get(), admit::kDirectory, AT_REMOVEDIR);
      Say("removed " + path_ + " again");
    }
    return Fail(
        "workloads run that only their user's ledger knows:" + Join(occupants),
        "stop them, then run this again");
  }

  static std::string Join(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += "\n  " + line;
    return text;
  }

  bool MakeLedger() {
    const std::string file = path_ + "/" + admit::kFile;
    if (!directory_) {
      Say("would make " + file);
      return true;
    }
    if (!HasLedger()) {
      SayDo("make " + file, "made " + file);
      if (dry()) return true;
      // First: whoever finds the ledger finds the rules.
      const auto ruled = WritePolicy(directory_.get(), ground_.policy);
      if (!ruled) {
        return Fail(path_ + "/policy cannot be made", ruled.error());
      }
      const auto made = admit::CreateFiles(directory_.get(), 0660, gid_);
      if (!made) return Fail(file + " cannot be made", made.error());
    } else {
      Say(file + " is there");
    }
    const auto ledger =
        admit::Ledger::OpenBelow(run_.get(), model::HostUid(0), gid_);
    if (!ledger) {
      return Fail(ledger.error().path + " " + ledger.error().reason,
                  ledger.error().remedy);
    }
    return dry() || ApplyPolicy(*ledger);
  }

  bool ApplyPolicy(const admit::Ledger& ledger) {
    Outcome applied = Apply(ledger, directory_.get(), ground_.policy);
    for (std::string& line : applied.lines) Say(std::move(line));
    outcome_.problem = std::move(applied.problem);
    return !outcome_.problem;
  }

  bool RemoveLedger() {
    const std::string file_path = path_ + "/" + admit::kFile;
    auto opened = OpenDirectory();
    if (!opened) return Fail(path_ + " cannot be opened", opened.error());
    directory_ = std::move(*opened);
    const admit::Files files{OpenRegular(admit::kFile),
                             OpenRegular(admit::kPresenceFile)};
    if (files.ledger && !files.presence) {
      return Fail(
          path_ + "/" + admit::kPresenceFile +
              " is not a file, so nobody knows what runs",
          "when no workload runs: rm " + file_path + ", then run this again");
    }
    // Held until the file has no name any more: who waits for it then finds
    // that it is gone.
    std::optional<admit::Admission> held;
    if (files.ledger) {
      auto admission = admit::Admission::Enter(files.ledger.get(), kPatienceMs);
      if (!admission) {
        return Fail(admit::Describe(admission.error(), {}),
                    "end that process, then run this again");
      }
      held.emplace(std::move(*admission));
    }
    if (files.presence) {
      if (const auto occupants = Occupants(files); !occupants.empty()) {
        return Fail("workloads run:" + Join(occupants),
                    "stop them, then run this again");
      }
    }
    if (HasLedger()) {
      SayDo("remove " + file_path, "removed " + file_path);
      if (dry()) return true;
      const auto removed = Remove(admit::kFile);
      if (!removed) {
        return Fail(file_path + " cannot be removed", removed.error());
      }
    }
    if (dry()) return true;
    (void)Remove(admit::kPolicyFile);
    (void)Remove(admit::kPresenceFile);
    return true;
  }

  // Also one that makes no sense, which must go too. Empty: there is something
  // else, or nothing.
  UniqueFd OpenRegular(const char* name) const {
    auto file =
        sys::OpenAt2(directory_.get(), name,
                     {.flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK,
                      .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS});
    if (!file) return {};
    const auto status = sys::Fstat(file->get());
    if (!status || !S_ISREG(status->st_mode)) return {};
    return std::move(*file);
  }

  Result<void> Remove(const char* name) const {
    const auto removed = sys::Unlinkat(directory_.get(), name, 0);
    if (removed || removed.error().err != EISDIR) return removed;
    return sys::Unlinkat(directory_.get(), name, AT_REMOVEDIR);
  }

  bool RemoveDirectory() {
    const auto mounted = IsMount();
    if (!mounted) return Fail(path_ + " cannot be read", mounted.error());
    directory_.reset();
    if (*mounted) {
      SayDo("unmount " + path_, "unmounted " + path_);
      if (!dry()) {
        const auto done = sys::Unmount(path_.c_str());
        if (!done) return Fail(path_ + " cannot be unmounted", done.error());
      }
    }
    SayDo("remove " + path_, "removed " + path_);
    if (dry()) return true;
    const auto removed =
        sys::Unlinkat(run_.get(), admit::kDirectory, AT_REMOVEDIR);
    if (!removed) return Fail(path_ + " cannot be removed", removed.error());
    return true;
  }

  const Ground& ground_;
  std::string path_;
  Outcome outcome_;
  UniqueFd run_;
  UniqueFd directory_;
  model::HostGid gid_;
  bool made_ = false;
};

}  // namespace

Outcome Initialise(const Ground& ground) { return Work(ground).Initialise(); }

Outcome Deinitialise(const Ground& ground) {
  return Work(ground).Deinitialise();
}

}  // namespace ringfence::host
