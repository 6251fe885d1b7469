// How much of something there is. Each tries up to the given number and
// answers N, or N:ENAME where fewer could be had.
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "probe.h"

namespace probe {
namespace {

std::string Count(long had, long wanted, int error) {
  std::string text = std::to_string(had);
  if (had < wanted) text += ":" + ErrnoName(error);
  return text;
}

template <std::string (*kAttempt)(long)>
std::optional<Attempt> PrepareCount(std::string_view argument) {
  const auto wanted = ParseValue(argument);
  if (!wanted || *wanted < 1) return std::nullopt;
  return [wanted = *wanted] { return kAttempt(wanted); };
}

// Children that all live at the same time.
std::string Fork(long wanted) {
  std::vector<pid_t> children;
  int error = 0;
  while (static_cast<long>(children.size()) < wanted) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      for (;;) ::pause();
    }
    if (pid < 0) {
      error = errno;
      break;
    }
    children.push_back(pid);
  }
  for (const pid_t child : children) ::kill(child, SIGKILL);
  for (const pid_t child : children) ::waitpid(child, nullptr, 0);
  return Count(static_cast<long>(children.size()), wanted, error);
}

void* WaitForever(void*) {
  for (;;) ::pause();
}

std::string Threads(long wanted) {
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, 65536);
  long had = 0;
  int error = 0;
  while (had < wanted && error == 0) {
    pthread_t thread;
    error = ::pthread_create(&thread, &attributes, WaitForever, nullptr);
    if (error == 0) ++had;
  }
  return Count(had, wanted, error);
}

// Copies of standard error, which is always open; what was open before counts
// against the limit, but not here.
std::string OpenFiles(long wanted) {
  long had = 0;
  while (had < wanted && ::dup(STDERR_FILENO) >= 0) ++had;
  return Count(had, wanted, errno);
}

// Touched memory, in MiB.
std::string Memory(long wanted) {
  constexpr size_t kMebibyte = 1 << 20;
  long had = 0;
  for (; had < wanted; ++had) {
    void* memory = ::mmap(nullptr, kMebibyte, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED) break;
  }
  return Count(had, wanted, errno);
}

constexpr Operation kOperations[] = {
    {"fork", PrepareCount<Fork>},
    {"threads", PrepareCount<Threads>},
    {"open_files", PrepareCount<OpenFiles>},
    {"memory", PrepareCount<Memory>},
};

}  // namespace

std::span<const Operation> ResourceOperations() { return kOperations; }

}  // namespace probe
