#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>

#include "probe.h"

namespace probe {
namespace {

constexpr int kTimeoutMs = 10'000;

void WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = ::write(fd, text.data(), text.size());
    if (size <= 0) return;
    text.remove_prefix(static_cast<size_t>(size));
  }
}

// What the child writes up to its end; nothing if it takes too long.
std::optional<std::string> ReadAnswer(int fd) {
  std::string answer;
  char buffer[4096];
  for (;;) {
    pollfd entry{.fd = fd, .events = POLLIN, .revents = 0};
    if (::poll(&entry, 1, kTimeoutMs) != 1) return std::nullopt;
    const ssize_t size = ::read(fd, buffer, sizeof buffer);
    if (size <= 0) return answer;
    answer.append(buffer, static_cast<size_t>(size));
  }
}

}  // namespace

std::string ErrnoName(int number) {
  const char* name = ::strerrorname_np(number);
  return name != nullptr ? name : "E" + std::to_string(number);
}

std::string Outcome(long result) { return result < 0 ? ErrnoName(errno) : "0"; }

std::string RunInChild(const Attempt& attempt) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return "NOFORK:" + ErrnoName(errno);
  const pid_t pid = ::fork();
  if (pid < 0) {
    const std::string error = ErrnoName(errno);
    ::close(ends[0]);
    ::close(ends[1]);
    return "NOFORK:" + error;
  }
  if (pid == 0) {
    ::close(ends[0]);
    WriteAll(ends[1], attempt());
    ::_exit(0);
  }
  ::close(ends[1]);
  const auto answer = ReadAnswer(ends[0]);
  ::close(ends[0]);
  if (!answer) ::kill(pid, SIGKILL);
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (!answer) return "TIMEOUT";
  if (!answer->empty()) return *answer;
  if (WIFSIGNALED(status)) {
    const char* name = ::sigabbrev_np(WTERMSIG(status));
    return name != nullptr ? std::string("SIG") + name
                           : "SIG" + std::to_string(WTERMSIG(status));
  }
  return "EXIT" + std::to_string(WEXITSTATUS(status));
}

void WriteLine(std::string_view operation, std::string_view result) {
  std::string line(operation);
  line += '=';
  line += result;
  line += '\n';
  WriteAll(STDOUT_FILENO, line);
}

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

}  // namespace probe
