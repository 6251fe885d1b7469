// Files and programs.
#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "probe.h"

namespace probe {
namespace {

using PathAttempt = std::string (*)(const std::string& path);

template <PathAttempt kAttempt>
std::optional<Attempt> PreparePath(std::string_view path) {
  if (path.empty()) return std::nullopt;
  return [path = std::string(path)] { return kAttempt(path); };
}

template <std::string (*kAttempt)()>
std::optional<Attempt> PreparePlain(std::string_view argument) {
  if (!argument.empty()) return std::nullopt;
  return kAttempt;
}

// Opens it and reads a byte.
std::string Read(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  char byte = 0;
  return Outcome(fd < 0 ? fd : ::read(fd, &byte, 1));
}

// Opens it for writing, and writes nothing.
std::string Write(const std::string& path) {
  return Outcome(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK));
}

// Makes a new file and takes it away again.
std::string Create(const std::string& path) {
  const int fd =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return Outcome(fd);
  ::unlink(path.c_str());
  return "0";
}

// The names in a directory, sorted; "0" for an empty one.
std::string List(const std::string& path) {
  DIR* directory = ::opendir(path.c_str());
  if (directory == nullptr) return Outcome(-1);
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(directory)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  std::string joined;
  for (const std::string& name : names) {
    if (!joined.empty()) joined += ',';
    joined += name;
  }
  return joined.empty() ? "0" : joined;
}

// TYPE MODE UID GID, as "file 0644 0 0".
std::string Stat(const std::string& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return Outcome(-1);
  const char* type = S_ISREG(status.st_mode)   ? "file"
                     : S_ISDIR(status.st_mode) ? "directory"
                     : S_ISLNK(status.st_mode) ? "link"
                     : S_ISCHR(status.st_mode) ? "character-device"
                     : S_ISBLK(status.st_mode) ? "block-device"
                                               : "other";
  char text[64];
  ::snprintf(text, sizeof text, " %04o %u %u", status.st_mode & 07777u,
             status.st_uid, status.st_gid);
  return std::string(type) + text;
}

// Whether a program starts. A child is needed to be replaced; it is killed as
// soon as it has been: the new program must not run on.
template <typename Exec>
std::string Start(Exec exec) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Outcome(-1);
  const pid_t pid = ::fork();
  if (pid < 0) return "NOFORK:" + ErrnoName(errno);
  if (pid == 0) {
    exec();
    const int error = errno;
    (void)!::write(ends[1], &error, sizeof error);
    ::_exit(1);
  }
  ::close(ends[1]);
  int error = 0;
  const ssize_t size = ::read(ends[0], &error, sizeof error);
  ::kill(pid, SIGKILL);
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (size > 0) return ErrnoName(error);
  // Killed by something else before the exec: the pipe ends then, too.
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) return "SIGSYS";
  return "0";
}

char* const kNoEnvironment[] = {nullptr};

std::string Exec(const std::string& path) {
  return Start([&] {
    std::string name = path;
    char* const argv[] = {name.data(), nullptr};
    ::execve(path.c_str(), argv, kNoEnvironment);
  });
}

// Copies this program to `to`; false with errno.
bool CopySelf(int to) {
  const int self = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (self < 0) return false;
  char buffer[65536];
  for (;;) {
    const ssize_t size = ::read(self, buffer, sizeof buffer);
    if (size < 0) return false;
    if (size == 0) return true;
    if (::write(to, buffer, static_cast<size_t>(size)) != size) return false;
  }
}

// A program that exists in memory only.
std::string MemfdExec() {
  const int fd = ::memfd_create("probe", MFD_CLOEXEC);
  if (fd < 0 || !CopySelf(fd)) return Outcome(-1);
  return Start([&] {
    char name[] = "probe";
    char* const argv[] = {name, nullptr};
    ::syscall(SYS_execveat, fd, "", argv, kNoEnvironment, AT_EMPTY_PATH);
  });
}

// A program that was written into the directory a moment ago.
std::string WriteExec(const std::string& directory) {
  const std::string path = directory + "/probe-" + std::to_string(::getpid());
  const int fd =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
  if (fd < 0) return Outcome(fd);
  const bool copied = CopySelf(fd);
  const std::string error = Outcome(-1);
  ::close(fd);
  const std::string result = copied ? Exec(path) : error;
  ::unlink(path.c_str());
  return result;
}

// Memory that is written first and executed then.
std::string WriteExecMemory() {
  void* memory = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return Outcome(-1);
  return Outcome(::mprotect(memory, 4096, PROT_READ | PROT_EXEC));
}

constexpr Operation kOperations[] = {
    {"read", PreparePath<Read>},
    {"write", PreparePath<Write>},
    {"create", PreparePath<Create>},
    {"list", PreparePath<List>},
    {"stat", PreparePath<Stat>},
    {"exec", PreparePath<Exec>},
    {"write_exec", PreparePath<WriteExec>},
    {"memfd_exec", PreparePlain<MemfdExec>},
    {"write_exec_memory", PreparePlain<WriteExecMemory>},
};

}  // namespace

std::span<const Operation> FileOperations() { return kOperations; }

}  // namespace probe
