// The file-descriptor based mount calls, one thin wrapper each.
//
//   RF_ASSIGN(UniqueFd tmpfs, sys::FsOpen("tmpfs"));
//   RF_TRY(sys::FsConfigString(tmpfs.get(), "mode", "0755"));
//   RF_TRY(sys::FsConfigCreate(tmpfs.get()));
//   RF_ASSIGN(UniqueFd mount, sys::FsMount(tmpfs.get(), MOUNT_ATTR_NOSUID));
//
// All of them act in the caller's mount namespace and need CAP_SYS_ADMIN in
// the user namespace that owns it. They allocate nothing and may be called
// after fork. Strings are NUL-terminated and are not kept. Descriptors come
// back close-on-exec. Sources: mount_setattr(2), open_tree(2), move_mount(2),
// fsopen(2), pivot_root(2).
#pragma once

#include <cstdint>

#include "base/result.h"
#include "base/unique_fd.h"

namespace ringfence::sys {

inline constexpr uint64_t kMountReadOnly = 0x1;
inline constexpr uint64_t kMountNoSuid = 0x2;
inline constexpr uint64_t kMountNoDev = 0x4;
inline constexpr uint64_t kMountNoExec = 0x8;

[[nodiscard]] Result<UniqueFd> FsOpen(const char* type) noexcept;
[[nodiscard]] Result<void> FsConfigString(int fs, const char* key,
                                          const char* value) noexcept;
[[nodiscard]] Result<void> FsConfigCreate(int fs) noexcept;
// `attributes`: kMount* bits. The mount is detached until MoveMount.
[[nodiscard]] Result<UniqueFd> FsMount(int fs, uint64_t attributes) noexcept;

// A detached, recursive copy of the mounts below the object `fd` names.
[[nodiscard]] Result<UniqueFd> CloneTree(int fd) noexcept;
// Sets attributes on the mount `fd` and, if `recursive`, all below it.
[[nodiscard]] Result<void> SetMountAttributes(int fd, uint64_t attributes,
                                              bool recursive) noexcept;
// Makes every mount of this namespace private.
[[nodiscard]] Result<void> MakeAllPrivate() noexcept;
// Attaches the detached mount `mount` on the directory or file `target`.
[[nodiscard]] Result<void> MoveMount(int mount, int target) noexcept;

// Detaches the mount at `path` at once, though it may be busy (umount2(2)).
[[nodiscard]] Result<void> Unmount(const char* path) noexcept;

// Makes the directory `root`, a mount, the root of this namespace, and
// detaches the old root: nothing of it stays reachable by a path.
[[nodiscard]] Result<void> PivotRootInto(int root) noexcept;

}  // namespace ringfence::sys
