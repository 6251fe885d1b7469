#include "launch/steps.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "sys/datagram.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/process.h"
#include "sys/terminal.h"

namespace ringfence::launch {
namespace {

constexpr uint64_t kNoLinks =
    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
constexpr uint64_t kProcAttributes = sys::kMountReadOnly | sys::kMountNoSuid |
                                     sys::kMountNoDev | sys::kMountNoExec;
constexpr uint64_t kPtsAttributes = sys::kMountNoSuid | sys::kMountNoExec;
// A sandbox is the first to go when memory runs out, before its supervisor.
constexpr std::string_view kOomScore = "500";

std::unexpected<SysError> BrokenPromise(const char* sentence) {
  return std::unexpected(SysError{sentence, 0});
}

Result<void> SetByProc(int proc, const char* path,
                       std::string_view value) noexcept {
  RF_ASSIGN(const UniqueFd file, sys::OpenAt(proc, path, O_WRONLY));
  return sys::WriteAll(file.get(), value);
}

// The whole of a small file of procfs.
template <size_t Size>
Result<std::string_view> ReadByProc(int proc, const char* path,
                                    std::array<char, Size>& buffer) noexcept {
  RF_ASSIGN(const UniqueFd file, sys::OpenAt(proc, path, O_RDONLY));
  RF_ASSIGN(const size_t size,
            sys::Read(file.get(), std::as_writable_bytes(std::span(buffer))));
  return std::string_view(buffer.data(), size);
}

// What the mount of a step has to be restricted by.
uint64_t AttributesOf(const Step& step) {
  if (step.kind == StepKind::kProc) return kProcAttributes;
  if (step.kind == StepKind::kPts) return kPtsAttributes;
  return step.attributes;
}

bool IsScratch(const Step& step, const struct statfs& fs,
               const struct stat& status) {
  uint64_t size = 0;
  const char* const end = step.text.data() + step.text.size();
  if (std::from_chars(step.text.data(), end, size).ptr != end) return false;
  const auto block = static_cast<uint64_t>(fs.f_bsize);
  return fs.f_type == TMPFS_MAGIC &&
         fs.f_blocks == (size + block - 1) / block &&
         (status.st_mode & 07777) == step.mode;
}

// No mount may get mounts from the host, or give it any. In a line of
// mountinfo (proc(5)) the fields that tell so stand between the sixth and the
// "-", and there must be none.
Result<void> VerifyPropagation(int proc) noexcept {
  RF_ASSIGN(const UniqueFd file, sys::OpenAt(proc, "self/mountinfo", O_RDONLY));
  std::array<char, 4096> buffer;
  int field = 0;
  bool begins = true;
  while (true) {
    RF_ASSIGN(const size_t size,
              sys::Read(file.get(), std::as_writable_bytes(std::span(buffer))));
    if (size == 0) return {};
    for (const char c : std::string_view(buffer.data(), size)) {
      if (field == 6 && begins && c != '-') {
        return BrokenPromise("a mount is not private");
      }
      begins = c == ' ' || c == '\n';
      if (begins) field = c == ' ' ? field + 1 : 0;
    }
  }
}

bool IsMount(StepKind kind) {
  return kind == StepKind::kBind || kind == StepKind::kScratch ||
         kind == StepKind::kProc || kind == StepKind::kPts;
}

}  // namespace

Result<void> InitSteps::Take(const Step& step) noexcept {
  switch (step.kind) {
    case StepKind::kNewSession:
      return sys::NewSession();
    case StepKind::kNewKeyring:
      return sys::NewKeyring();
    case StepKind::kHostname:
      return sys::SetHostname(step.text.data(), step.text.size());
    case StepKind::kPrivateMounts:
      return sys::MakeAllPrivate();
    case StepKind::kRoot:
      return MakeRoot();
    case StepKind::kDirectory:
      return MakeDirectory(step);
    case StepKind::kFile:
      return MakeFile(step);
    case StepKind::kSymlink:
      return MakeSymlink(step);
    case StepKind::kBind:
      return Bind(step);
    case StepKind::kScratch:
      return MountScratch(step);
    case StepKind::kProc:
      return MountProc(step);
    case StepKind::kLabelProc:
      return MountLabelProc();
    case StepKind::kPts:
      return MountPts(step);
    case StepKind::kNotify:
      return MakeNotifySocket(step);
    case StepKind::kSealRoot:
      return sys::SetMountAttributes(root_.get(), sys::kMountReadOnly, false);
    case StepKind::kPivot:
      return sys::PivotRootInto(root_.get());
    case StepKind::kLoopback:
      return sys::LoopbackUp();
    case StepKind::kVerifyView:
      return VerifyView();
    case StepKind::kTerminal:
      return MakeTerminal();
    case StepKind::kUndumpable:
      return sys::SetUndumpable();
    case StepKind::kDropCapabilities:
      return sys::DropCapabilities(step.value);
    case StepKind::kNoNewPrivileges:
      return sys::SetNoNewPrivileges();
    case StepKind::kVerifyInit:
      return VerifyInit();
    case StepKind::kOwnSession:
    case StepKind::kControllingTerminal:
    case StepKind::kWorkingDirectory:
    case StepKind::kLimit:
    case StepKind::kLabel:
    case StepKind::kLandlockPath:
    case StepKind::kLandlock:
    case StepKind::kSeccomp:
    case StepKind::kVerifyWorkload:
    case StepKind::kExec:
      break;
  }
  return BrokenPromise("a step of the workload came to init");
}

Result<void> InitSteps::MakeRoot() noexcept {
  RF_ASSIGN(const UniqueFd tmpfs, sys::FsOpen("tmpfs"));
  RF_TRY(sys::FsConfigString(tmpfs.get(), "mode", "0755"));
  RF_TRY(sys::FsConfigString(tmpfs.get(), "size", "4m"));
  RF_TRY(sys::FsConfigCreate(tmpfs.get()));
  RF_ASSIGN(root_,
            sys::FsMount(tmpfs.get(), sys::kMountNoSuid | sys::kMountNoDev));
  // Attached over the host's root, which stays this process's root until the
  // pivot: only a mount that is in the namespace can be mounted in.
  RF_ASSIGN(const UniqueFd host, sys::Open("/", O_PATH | O_DIRECTORY));
  return sys::MoveMount(root_.get(), host.get());
}

Result<UniqueFd> InitSteps::Inside(const char* path) noexcept {
  return sys::OpenAt2(root_.get(), path[1] == '\0' ? "." : path + 1,
                      {.flags = O_PATH | O_NOFOLLOW, .resolve = kNoLinks});
}

Result<InitSteps::Place> InitSteps::PlaceOf(const std::string& path) noexcept {
  const size_t slash = path.rfind('/');
  const std::string_view parent(path.data(), std::max<size_t>(slash, 1));
  if (!parent_ || parent != parent_path_) {
    if (parent.size() >= sizeof path_) {
      return std::unexpected(SysError{"open", ENAMETOOLONG});
    }
    std::memcpy(path_, parent.data(), parent.size());
    path_[parent.size()] = '\0';
    RF_ASSIGN(parent_, Inside(path_));
    parent_path_ = parent;
  }
  return Place{parent_.get(), path.c_str() + slash + 1};
}

Result<void> InitSteps::MakeDirectory(const Step& step) noexcept {
  RF_ASSIGN(const Place place, PlaceOf(step.path));
  return sys::Mkdirat(place.parent, place.name, step.mode);
}

Result<void> InitSteps::MakeFile(const Step& step) noexcept {
  RF_ASSIGN(const Place place, PlaceOf(step.path));
  RF_ASSIGN(const UniqueFd file,
            sys::OpenAt(place.parent, place.name,
                        O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, step.mode));
  return sys::WriteAll(file.get(), step.text);
}

Result<void> InitSteps::MakeSymlink(const Step& step) noexcept {
  RF_ASSIGN(const Place place, PlaceOf(step.path));
  return sys::Symlinkat(step.text.c_str(), place.parent, place.name);
}

Result<void> InitSteps::Attach(const UniqueFd& mount,
                               const Step& step) noexcept {
  // What parent_ names is covered now.
  if (parent_path_.starts_with(step.path)) parent_.reset();
  RF_ASSIGN(const UniqueFd target, Inside(step.path.c_str()));
  return sys::MoveMount(mount.get(), target.get());
}

Result<void> InitSteps::Bind(const Step& step) noexcept {
  // The source is opened again in this mount namespace, and must still be the
  // object that the supervisor looked at: a path may have been exchanged.
  RF_ASSIGN(
      const UniqueFd source,
      sys::OpenAt2(AT_FDCWD, step.text.c_str(),
                   {.flags = O_PATH | O_NOFOLLOW,
                    .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS}));
  RF_ASSIGN(const struct stat status, sys::Fstat(source.get()));
  if (step.object.inode != 0 && (status.st_dev != step.object.device ||
                                 status.st_ino != step.object.inode)) {
    return BrokenPromise("it was exchanged while the launch went on");
  }
  if (step.object.inode == 0 && !S_ISCHR(status.st_mode)) {
    return BrokenPromise("it is not a device");
  }
  RF_ASSIGN(const UniqueFd mount, sys::CloneTree(source.get()));
  RF_TRY(sys::SetMountAttributes(mount.get(), step.attributes, true));
  return Attach(mount, step);
}

Result<void> InitSteps::MountScratch(const Step& step) noexcept {
  char mode[8] = {};
  for (int i = 0; i < 4; ++i) {
    mode[i] = static_cast<char>('0' + (step.mode >> (3 * (3 - i)) & 7));
  }
  RF_ASSIGN(const UniqueFd tmpfs, sys::FsOpen("tmpfs"));
  RF_TRY(sys::FsConfigString(tmpfs.get(), "size", step.text.c_str()));
  RF_TRY(sys::FsConfigString(tmpfs.get(), "mode", mode));
  RF_TRY(sys::FsConfigCreate(tmpfs.get()));
  RF_ASSIGN(const UniqueFd mount, sys::FsMount(tmpfs.get(), step.attributes));
  return Attach(mount, step);
}

Result<void> InitSteps::MountProc(const Step& step) noexcept {
  RF_ASSIGN(const UniqueFd proc, sys::FsOpen("proc"));
  RF_TRY(sys::FsConfigCreate(proc.get()));
  RF_ASSIGN(proc_,
            sys::FsMount(proc.get(), kProcAttributes & ~sys::kMountReadOnly));
  RF_TRY(SetByProc(proc_.get(), "sys/user/max_user_namespaces", "0"));
  RF_TRY(SetByProc(proc_.get(), "self/oom_score_adj", kOomScore));
  RF_TRY(sys::SetMountAttributes(proc_.get(), sys::kMountReadOnly, false));
  return Attach(proc_, step);
}

// The procfs that the workload sees is read-only, and a label is selected by
// writing to one. This one is attached nowhere and ends with its descriptor.
Result<void> InitSteps::MountLabelProc() noexcept {
  RF_ASSIGN(const UniqueFd proc, sys::FsOpen("proc"));
  RF_TRY(sys::FsConfigCreate(proc.get()));
  RF_ASSIGN(label_proc_,
            sys::FsMount(proc.get(), kProcAttributes & ~sys::kMountReadOnly));
  return {};
}

Result<void> InitSteps::MountPts(const Step& step) noexcept {
  RF_ASSIGN(const UniqueFd devpts, sys::FsOpen("devpts"));
  RF_TRY(sys::FsConfigString(devpts.get(), "ptmxmode", "0666"));
  RF_TRY(sys::FsConfigString(devpts.get(), "mode", "0600"));
  RF_TRY(sys::FsConfigCreate(devpts.get()));
  RF_ASSIGN(const UniqueFd mount, sys::FsMount(devpts.get(), kPtsAttributes));
  return Attach(mount, step);
}

Result<void> InitSteps::MakeNotifySocket(const Step& step) noexcept {
  RF_ASSIGN(const Place place, PlaceOf(step.path));
  RF_ASSIGN(handed_up, sys::BoundDatagramSocket(place.parent, place.name));
  const auto made = sys::Lstatat(place.parent, place.name);
  if (!made || !S_ISSOCK(made->st_mode)) {
    return BrokenPromise("no socket is where it was bound");
  }
  return {};
}

Result<void> InitSteps::VerifyView() noexcept {
  RF_ASSIGN(const UniqueFd root, sys::Open("/", O_PATH | O_DIRECTORY));
  RF_ASSIGN(const struct statfs root_fs, sys::Statfs(root.get()));
  RF_ASSIGN(const struct stat root_status, sys::Fstat(root.get()));
  if (root_fs.f_type != TMPFS_MAGIC ||
      (static_cast<uint64_t>(root_fs.f_flags) & sys::kMountReadOnly) == 0) {
    return BrokenPromise("the root is not the sandbox's own, read-only");
  }
  // The old root, were it still mounted on the new one, is where ".." of the
  // root leads to.
  RF_ASSIGN(const UniqueFd above, sys::Open("/..", O_PATH | O_DIRECTORY));
  RF_ASSIGN(const struct stat above_status, sys::Fstat(above.get()));
  if (above_status.st_dev != root_status.st_dev ||
      above_status.st_ino != root_status.st_ino) {
    return BrokenPromise("the host's tree is still mounted");
  }
  root_.reset(::fcntl(root.get(), F_DUPFD_CLOEXEC, 0));
  for (const Step& step : prepared_.plan.steps) {
    if (!IsMount(step.kind)) continue;
    RF_ASSIGN(const UniqueFd at, Inside(step.path.c_str()));
    RF_ASSIGN(const struct statfs fs, sys::Statfs(at.get()));
    // The ST_* bits of statfs(2) are those of MOUNT_ATTR_* for these four.
    const uint64_t attributes = AttributesOf(step);
    if ((static_cast<uint64_t>(fs.f_flags) & attributes) != attributes) {
      return BrokenPromise("a mount lacks its restrictions");
    }
    RF_ASSIGN(const struct stat status, sys::Fstat(at.get()));
    if (status.st_dev == root_status.st_dev) {
      return BrokenPromise("nothing is mounted where it should be");
    }
    if (step.object.inode != 0 && (status.st_dev != step.object.device ||
                                   status.st_ino != step.object.inode)) {
      return BrokenPromise("a mount shows something else than asked for");
    }
    if (step.kind == StepKind::kProc && fs.f_type != PROC_SUPER_MAGIC) {
      return BrokenPromise("/proc is not a procfs");
    }
    if (step.kind == StepKind::kPts && fs.f_type != DEVPTS_SUPER_MAGIC) {
      return BrokenPromise("/dev/pts is not a devpts");
    }
    if (step.kind == StepKind::kScratch && !IsScratch(step, fs, status)) {
      return BrokenPromise("scratch space is not what was asked for");
    }
  }
  return VerifyPropagation(proc_.get());
}

// The standard streams that stand on the caller's terminal get this one.
Result<void> InitSteps::MakeTerminal() noexcept {
  const TerminalStart& start = prepared_.terminal;
  RF_ASSIGN(handed_up,
            sys::OpenAt2(root_.get(), "dev/pts/ptmx",
                         {.flags = O_RDWR | O_NOCTTY, .resolve = kNoLinks}));
  RF_ASSIGN(const UniqueFd slave, sys::OpenSlave(handed_up.get()));
  RF_TRY(sys::SetModes(slave.get(), start.modes));
  RF_TRY(sys::SetWindowSize(slave.get(), start.size));
  RF_ASSIGN(const struct stat wanted, sys::Fstat(slave.get()));
  for (int fd = 0; fd < 3; ++fd) {
    if (!prepared_.on_terminal[static_cast<size_t>(fd)]) continue;
    if (::dup2(slave.get(), fd) < 0) {
      return std::unexpected(SysError{"dup2", errno});
    }
    RF_ASSIGN(const struct stat placed, sys::Fstat(fd));
    if (placed.st_dev != wanted.st_dev || placed.st_ino != wanted.st_ino) {
      return BrokenPromise("dup2 had no effect");
    }
  }
  return {};
}

Result<void> InitSteps::VerifyInit() noexcept {
  std::array<char, 4096> buffer;
  RF_ASSIGN(const std::string_view status,
            ReadByProc(proc_.get(), "self/status", buffer));
  if (const char* broken = Broken(status, prepared_.init)) {
    return BrokenPromise(broken);
  }
  std::array<char, 64> small;
  RF_ASSIGN(const std::string_view uids,
            ReadByProc(proc_.get(), "self/uid_map", small));
  if (!IsSingleMap(uids, prepared_.init.uid, prepared_.host_uid)) {
    return BrokenPromise("the user id map is not the one written");
  }
  RF_ASSIGN(const std::string_view gids,
            ReadByProc(proc_.get(), "self/gid_map", small));
  if (!IsSingleMap(gids, prepared_.init.gid, prepared_.host_gid)) {
    return BrokenPromise("the group id map is not the one written");
  }
  RF_ASSIGN(const std::string_view maximum,
            ReadByProc(proc_.get(), "sys/user/max_user_namespaces", small));
  if (maximum != "0\n") {
    return BrokenPromise("user namespaces inside are not switched off");
  }
  RF_ASSIGN(const std::string_view score,
            ReadByProc(proc_.get(), "self/oom_score_adj", small));
  if (!score.starts_with(kOomScore)) {
    return BrokenPromise("the sandbox would not be the first to go");
  }
  for (size_t i = 0; i < kNamespaceFiles.size(); ++i) {
    if (i == kNetworkNamespace && !prepared_.own_network) continue;
    RF_ASSIGN(const struct stat which,
              sys::Statat(proc_.get(), kNamespaceFiles[i]));
    if (which.st_ino == prepared_.supervisor_namespaces[i]) {
      return BrokenPromise("a namespace is still the supervisor's");
    }
  }
  RF_ASSIGN(const bool dumpable, sys::IsDumpable());
  if (dumpable) return BrokenPromise("init is still dumpable");
  proc_.reset();
  root_.reset();
  parent_.reset();
  return {};
}

}  // namespace ringfence::launch
