// Files and directories: one thin wrapper per system call.
//
//   RF_ASSIGN(UniqueFd dir, sys::Open("/run", O_PATH | O_DIRECTORY));
//   RF_ASSIGN(UniqueFd file,
//             sys::OpenAt2(dir.get(), "ringfence/ledger",
//                          {.flags = O_RDWR, .resolve = RESOLVE_BENEATH}));
//
// Every descriptor made here is O_CLOEXEC and owned by the caller. EINTR is
// retried. Nothing but ReadAll, ReadFile, ListDirectory and DescriptorPath
// allocates; the rest may be used after fork. Paths are NUL-terminated strings;
// those of the *at calls are relative to the directory `dir` (AT_FDCWD: the
// current one).
#pragma once

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/vfs.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace ringfence::sys {

// open(2) and openat(2). `mode` matters with O_CREAT and O_TMPFILE only.
[[nodiscard]] Result<UniqueFd> Open(const char* path, int flags,
                                    mode_t mode = 0);
[[nodiscard]] Result<UniqueFd> OpenAt(int dir, const char* path, int flags,
                                      mode_t mode = 0);

// openat2(2): as OpenAt, and `resolve` (RESOLVE_*) says how the path may be
// walked.
struct How {
  int flags = 0;
  mode_t mode = 0;
  uint64_t resolve = 0;
};
[[nodiscard]] Result<UniqueFd> OpenAt2(int dir, const char* path, How how);

// One read(2) or pread(2): up to buffer.size() bytes, 0 at the end.
[[nodiscard]] Result<size_t> Read(int fd, std::span<std::byte> buffer);
[[nodiscard]] Result<size_t> Pread(int fd, std::span<std::byte> buffer,
                                   off_t offset);

// Reads to the end. More than `limit` bytes is the error EFBIG.
[[nodiscard]] Result<std::string> ReadAll(int fd, size_t limit);
// The same for the file at `path`.
[[nodiscard]] Result<std::string> ReadFile(const char* path, size_t limit);

// Writes all of `bytes`, or fails.
[[nodiscard]] Result<void> WriteAll(int fd, std::span<const std::byte> bytes);
[[nodiscard]] Result<void> WriteAll(int fd, std::string_view text);
[[nodiscard]] Result<void> PwriteAll(int fd, std::span<const std::byte> bytes,
                                     off_t offset);

[[nodiscard]] Result<struct stat> Fstat(int fd);
[[nodiscard]] Result<struct stat> Statat(int dir, const char* path);
// The same, following no symbolic link in the last component.
[[nodiscard]] Result<struct stat> Lstatat(int dir, const char* path);
[[nodiscard]] Result<struct statfs> Statfs(int fd);
[[nodiscard]] Result<struct statfs> Statfs(const char* path);
[[nodiscard]] Result<void> Ftruncate(int fd, off_t size);
// Returns when what was written to `fd` is on its disk.
[[nodiscard]] Result<void> Fdatasync(int fd);
[[nodiscard]] Result<void> Fchmod(int fd, mode_t mode);
[[nodiscard]] Result<void> Fchown(int fd, uid_t uid, gid_t gid);

[[nodiscard]] Result<void> Mkdirat(int dir, const char* path, mode_t mode);
[[nodiscard]] Result<void> Symlinkat(const char* target, int dir,
                                     const char* path);
// `flags`: 0 or AT_REMOVEDIR.
[[nodiscard]] Result<void> Unlinkat(int dir, const char* path, int flags);
// Gives the file behind `fd` (made with O_TMPFILE) the name `path`. EEXIST
// when the name is taken. Needs /proc: linkat(2) by AT_EMPTY_PATH would need
// CAP_DAC_READ_SEARCH.
[[nodiscard]] Result<void> LinkDescriptor(int fd, int dir, const char* path);
// rename(2) within `dir`: `to` is replaced at once.
[[nodiscard]] Result<void> Renameat(int dir, const char* from, const char* to);
// The names in the open directory `dir`, without "." and "..", in no order.
[[nodiscard]] Result<std::vector<std::string>> ListDirectory(int dir);
// access(2) with the effective ids. `mode`: R_OK, W_OK, X_OK.
[[nodiscard]] Result<void> Accessat(int dir, const char* path, int mode);

// Whether the program at `path` gains capabilities when it is executed
// (capabilities(7), file capabilities).
[[nodiscard]] bool HasFileCapabilities(const char* path);

// The target of the symbolic link `path`.
[[nodiscard]] Result<std::string> Readlinkat(int dir, const char* path);
// The path of an open file, as /proc/self/fd tells it. Needs /proc.
[[nodiscard]] Result<std::string> DescriptorPath(int fd);

}  // namespace ringfence::sys
