#include "sys/file.h"

#include <dirent.h>
#include <linux/limits.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include "sys/outcome.h"

namespace ringfence::sys {
namespace {

// "/proc/self/fd/N", without allocation.
struct DescriptorLink {
  std::array<char, 32> text{};
};

DescriptorLink LinkOf(int fd) {
  constexpr std::string_view kPrefix = "/proc/self/fd/";
  DescriptorLink link;
  char* end = link.text.data();
  for (char c : kPrefix) *end++ = c;
  std::to_chars(end, link.text.data() + link.text.size() - 1, fd);
  return link;
}

}  // namespace

Result<UniqueFd> Open(const char* path, int flags, mode_t mode) {
  return OpenAt(AT_FDCWD, path, flags, mode);
}

Result<UniqueFd> OpenAt(int dir, const char* path, int flags, mode_t mode) {
  return Descriptor("openat", Retry([&] {
                      return ::openat(dir, path, flags | O_CLOEXEC, mode);
                    }));
}

Result<UniqueFd> OpenAt2(int dir, const char* path, How how) {
  open_how raw{};
  raw.flags = static_cast<unsigned int>(how.flags | O_CLOEXEC);
  raw.mode = how.mode;
  raw.resolve = how.resolve;
  // SAFETY: glibc has no openat2; the kernel reads sizeof raw bytes of `raw`.
  return Descriptor("openat2", Retry([&] {
                      return ::syscall(SYS_openat2, dir, path, &raw,
                                       sizeof raw);
                    }));
}

Result<size_t> Read(int fd, std::span<std::byte> buffer) {
  return Count("read",
               Retry([&] { return ::read(fd, buffer.data(), buffer.size()); }));
}

Result<size_t> Pread(int fd, std::span<std::byte> buffer, off_t offset) {
  return Count("pread", Retry([&] {
                 return ::pread(fd, buffer.data(), buffer.size(), offset);
               }));
}

Result<std::string> ReadAll(int fd, size_t limit) {
  // In one piece where the size is known; files in /proc have none.
  RF_ASSIGN(const struct stat status, Fstat(fd));
  const size_t piece =
      std::clamp<size_t>(static_cast<size_t>(status.st_size), 4096, 1 << 20);
  std::string text;
  size_t size = 0;
  for (;;) {
    text.resize(size + piece);
    RF_ASSIGN(const size_t count,
              Read(fd, std::as_writable_bytes(std::span(text).subspan(size))));
    size += count;
    if (size > limit) return std::unexpected(SysError{"read", EFBIG});
    if (count == 0) break;
  }
  text.resize(size);
  return text;
}

Result<std::string> ReadFile(const char* path, size_t limit) {
  RF_ASSIGN(const UniqueFd fd, Open(path, O_RDONLY));
  return ReadAll(fd.get(), limit);
}

Result<void> WriteAll(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    RF_ASSIGN(const size_t count, Count("write", Retry([&] {
                                          return ::write(fd, bytes.data(),
                                                         bytes.size());
                                        })));
    bytes = bytes.subspan(count);
  }
  return {};
}

Result<void> WriteAll(int fd, std::string_view text) {
  return WriteAll(fd, std::as_bytes(std::span(text)));
}

Result<void> PwriteAll(int fd, std::span<const std::byte> bytes, off_t offset) {
  while (!bytes.empty()) {
    RF_ASSIGN(const size_t count, Count("pwrite", Retry([&] {
                                          return ::pwrite(fd, bytes.data(),
                                                          bytes.size(), offset);
                                        })));
    bytes = bytes.subspan(count);
    offset += static_cast<off_t>(count);
  }
  return {};
}

Result<struct stat> Fstat(int fd) {
  struct stat status{};
  RF_TRY(Done("fstat", ::fstat(fd, &status)));
  return status;
}

Result<struct stat> Statat(int dir, const char* path) {
  struct stat status{};
  RF_TRY(Done("fstatat", ::fstatat(dir, path, &status, 0)));
  return status;
}

Result<struct stat> Lstatat(int dir, const char* path) {
  struct stat status{};
  RF_TRY(Done("fstatat", ::fstatat(dir, path, &status, AT_SYMLINK_NOFOLLOW)));
  return status;
}

Result<struct statfs> Statfs(int fd) {
  struct statfs status{};
  RF_TRY(Done("fstatfs", Retry([&] { return ::fstatfs(fd, &status); })));
  return status;
}

Result<struct statfs> Statfs(const char* path) {
  struct statfs status{};
  RF_TRY(Done("statfs", Retry([&] { return ::statfs(path, &status); })));
  return status;
}

Result<void> Ftruncate(int fd, off_t size) {
  return Done("ftruncate", Retry([&] { return ::ftruncate(fd, size); }));
}

Result<void> Fdatasync(int fd) {
  return Done("fdatasync", Retry([&] { return ::fdatasync(fd); }));
}

Result<void> Fchmod(int fd, mode_t mode) {
  return Done("fchmod", ::fchmod(fd, mode));
}

Result<void> Fchown(int fd, uid_t uid, gid_t gid) {
  return Done("fchown", ::fchown(fd, uid, gid));
}

Result<void> Mkdirat(int dir, const char* path, mode_t mode) {
  return Done("mkdirat", ::mkdirat(dir, path, mode));
}

Result<void> Symlinkat(const char* target, int dir, const char* path) {
  return Done("symlinkat", ::symlinkat(target, dir, path));
}

Result<void> Unlinkat(int dir, const char* path, int flags) {
  return Done("unlinkat", ::unlinkat(dir, path, flags));
}

Result<void> Renameat(int dir, const char* from, const char* to) {
  return Done("renameat", ::renameat(dir, from, dir, to));
}

Result<std::vector<std::string>> ListDirectory(int dir) {
  // fdopendir(3) takes the descriptor, and moves its offset.
  RF_ASSIGN(UniqueFd own, OpenAt(dir, ".", O_RDONLY | O_DIRECTORY));
  DIR* const stream = ::fdopendir(own.get());
  if (stream == nullptr) return Failed("fdopendir");
  (void)own.release();
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  const int error = errno;
  ::closedir(stream);
  if (error != 0) return std::unexpected(SysError{"readdir", error});
  return names;
}

Result<void> LinkDescriptor(int fd, int dir, const char* path) {
  const DescriptorLink link = LinkOf(fd);
  return Done("linkat", ::linkat(AT_FDCWD, link.text.data(), dir, path,
                                 AT_SYMLINK_FOLLOW));
}

Result<void> Accessat(int dir, const char* path, int mode) {
  return Done("faccessat", ::faccessat(dir, path, mode, AT_EACCESS));
}

bool HasFileCapabilities(const char* path) {
  return ::lgetxattr(path, "security.capability", nullptr, 0) > 0;
}

Result<std::string> Readlinkat(int dir, const char* path) {
  std::array<char, PATH_MAX> target{};
  RF_ASSIGN(const size_t length,
            Count("readlinkat",
                  ::readlinkat(dir, path, target.data(), target.size())));
  if (length == target.size()) {
    return std::unexpected(SysError{"readlinkat", ENAMETOOLONG});
  }
  return std::string(target.data(), length);
}

Result<std::string> DescriptorPath(int fd) {
  const DescriptorLink link = LinkOf(fd);
  return Readlinkat(AT_FDCWD, link.text.data());
}

}  // namespace ringfence::sys
