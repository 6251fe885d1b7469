#include "cli/child.h"

#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/unique_fd.h"
#include "sys/file.h"

namespace ringfence::cli {
namespace {

constexpr size_t kMaxOutput = size_t{64} << 20;

// Files in memory, not pipes: nobody has to read while the other writes.
UniqueFd Memory(std::string_view content) {
  UniqueFd memory(::memfd_create("child", MFD_CLOEXEC));
  if (memory && !sys::WriteAll(memory.get(), content)) memory.reset();
  if (memory) ::lseek(memory.get(), 0, SEEK_SET);
  return memory;
}

std::expected<std::string, std::string> Content(const UniqueFd& memory) {
  ::lseek(memory.get(), 0, SEEK_SET);
  auto text = sys::ReadAll(memory.get(), kMaxOutput);
  if (!text) return std::unexpected("its output cannot be read");
  return *std::move(text);
}

}  // namespace

std::expected<ChildResult, std::string> RunChild(
    const std::vector<std::string>& words, std::string_view input) {
  const UniqueFd in = Memory(input);
  const UniqueFd out = Memory("");
  const UniqueFd err = Memory("");
  if (!in || !out || !err) {
    return std::unexpected(std::string("memfd_create: ") +
                           std::strerror(errno));
  }
  std::vector<std::string> copies = words;
  std::vector<char*> arguments;
  for (std::string& word : copies) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in.get(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, out.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, err.get(), STDERR_FILENO);
  pid_t pid = 0;
  const int spawned = ::posix_spawnp(&pid, arguments.front(), &actions, nullptr,
                                     arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (spawned != 0) {
    return std::unexpected("cannot execute " + words.front() + ": " +
                           std::strerror(spawned));
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  auto output = Content(out);
  auto errors = Content(err);
  if (!output) return std::unexpected(output.error());
  if (!errors) return std::unexpected(errors.error());
  return ChildResult{.exit_code = WIFEXITED(status) ? WEXITSTATUS(status)
                                                    : 128 + WTERMSIG(status),
                     .output = *std::move(output),
                     .errors = *std::move(errors)};
}

}  // namespace ringfence::cli
