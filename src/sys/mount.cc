#include "sys/mount.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "sys/outcome.h"

// <sys/mount.h> of glibc 2.36 and <linux/mount.h> define the same names, so
// only the kernel's header is used, and umount2 is declared here.
extern "C" int umount2(const char* target, int flags) noexcept;

namespace ringfence::sys {
namespace {

constexpr int kUmountDetach = 2;    // MNT_DETACH
constexpr int kUmountNoFollow = 8;  // UMOUNT_NOFOLLOW

}  // namespace

Result<UniqueFd> FsOpen(const char* type) noexcept {
  return Descriptor("fsopen", ::syscall(SYS_fsopen, type, FSOPEN_CLOEXEC));
}

Result<void> FsConfigString(int fs, const char* key,
                            const char* value) noexcept {
  return Done("fsconfig",
              ::syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, key, value, 0));
}

Result<void> FsConfigCreate(int fs) noexcept {
  return Done("fsconfig", ::syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE,
                                    nullptr, nullptr, 0));
}

Result<UniqueFd> FsMount(int fs, uint64_t attributes) noexcept {
  return Descriptor("fsmount",
                    ::syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, attributes));
}

Result<UniqueFd> CloneTree(int fd) noexcept {
  return Descriptor("open_tree",
                    ::syscall(SYS_open_tree, fd, "",
                              static_cast<unsigned>(AT_EMPTY_PATH) |
                                  static_cast<unsigned>(AT_RECURSIVE) |
                                  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
}

Result<void> SetMountAttributes(int fd, uint64_t attributes,
                                bool recursive) noexcept {
  mount_attr attr{};
  attr.attr_set = attributes;
  const int flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
  return Done("mount_setattr",
              ::syscall(SYS_mount_setattr, fd, "", flags, &attr, sizeof attr));
}

Result<void> MakeAllPrivate() noexcept {
  mount_attr attr{};
  attr.propagation = 1u << 18;  // MS_PRIVATE
  return Done("mount_setattr", ::syscall(SYS_mount_setattr, AT_FDCWD, "/",
                                         AT_RECURSIVE, &attr, sizeof attr));
}

Result<void> MoveMount(int mount, int target) noexcept {
  return Done("move_mount",
              ::syscall(SYS_move_mount, mount, "", target, "",
                        MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
}

Result<void> Unmount(const char* path) noexcept {
  return Done("umount2", ::umount2(path, kUmountDetach | kUmountNoFollow));
}

Result<void> PivotRootInto(int root) noexcept {
  if (::fchdir(root) < 0) return Failed("fchdir");
  // pivot_root(".", ".") stacks the old root on the new one, where the detach
  // finds it as "."; no directory for it has to exist (pivot_root(2)).
  RF_TRY(Done("pivot_root", ::syscall(SYS_pivot_root, ".", ".")));
  RF_TRY(Done("umount2", ::umount2(".", kUmountDetach)));
  return Done("chdir", ::chdir("/"));
}

}  // namespace ringfence::sys
